#include "ue/inbox.hpp"

#include "base/text.hpp"
#include "proto/msrp/media_type.hpp"

namespace ue {
namespace {

constexpr std::uint16_t too_large = 413, bad_request = 400, forbidden = 403;

}  // namespace

std::string disposition_name(std::string_view value) {
  base::take_until(value, ';');
  while (!value.empty()) {
    auto parameter = base::trim(base::take_until(value, ';'));
    const auto name = base::trim(base::take_until(parameter, '='));
    if (!base::iequals(name, "filename")) continue;
    parameter = base::trim(parameter);
    if (parameter.size() >= 2 && parameter.front() == '"' && parameter.back() == '"')
      parameter = parameter.substr(1, parameter.size() - 2);
    return std::string(parameter);
  }
  return {};
}

Inbox::Taken Inbox::on_started(const msrp::MessageStarted& event) {
  Open open;
  open.content_type = event.content_type;
  const bool text = msrp::media_type(event.content_type).starts_with("text/");
  const bool small = event.size && *event.size <= options_.memory;
  const auto disposition = disposition_name(event.head.value("Content-Disposition"));
  const bool to_file = !options_.folder.empty() && (expected_ || !disposition.empty() || !text || !small);
  if (to_file) {
    auto name = expected_ && expected_->name ? *expected_->name : disposition;
    auto sink = FileSink::open(options_.folder, name, random_);
    if (!sink) return Failure{forbidden, sink.error().why};
    open.file = *std::move(sink);
  } else if (event.size > options_.memory) {
    return Failure{too_large, "the message is longer than " + std::to_string(options_.memory) + " octets"};
  }
  open_.insert_or_assign(event.id.value, std::move(open));
  return base::Ok{};
}

Inbox::Taken Inbox::on_content(const msrp::Content& event) {
  const auto found = open_.find(event.id.value);
  if (found == open_.end()) return base::Ok{};  // rejected; what was on its way
  auto& open = found->second;
  if (open.file) {
    const auto written = open.file->write(event.offset, event.octets);
    return written ? Taken(base::Ok{}) : Taken(Failure{too_large, written.error().why});
  }
  if (event.offset > options_.memory || event.octets.size() > options_.memory - event.offset)
    return Failure{too_large, "the message is longer than " + std::to_string(options_.memory) + " octets"};
  const auto end = static_cast<std::size_t>(event.offset) + event.octets.size();
  if (open.text.size() < end) open.text.resize(end);
  open.text.replace(static_cast<std::size_t>(event.offset), event.octets.size(), event.octets);
  return base::Ok{};
}

base::Result<Inbox::Message, Inbox::Failure> Inbox::on_received(const msrp::MessageReceived& event) {
  const auto found = open_.find(event.id.value);
  if (found == open_.end()) return Failure{bad_request, "of no message that is known"};
  const auto open = std::move(found->second);
  open_.erase(found);
  Message out;
  out.content_type = open.content_type;
  out.size = event.size;
  if (!open.file) {
    out.text = open.text;
    crypto::Sha256 digest;
    digest.update(out.text);
    out.sha256 = digest.finish();
    return out;
  }
  auto hash = open.file->sha256(event.size);
  if (!hash) return Failure{bad_request, hash.error().why};
  out.sha256 = *std::move(hash);
  if (const auto failure = differs(out)) return *failure;
  auto path = open.file->keep();
  if (!path) return Failure{forbidden, path.error().why};
  out.path = *std::move(path);
  return out;
}

std::optional<Inbox::Failure> Inbox::differs(const Message& message) const {
  if (!expected_) return std::nullopt;
  if (expected_->size && *expected_->size != message.size)
    return Failure{bad_request, "the file has " + std::to_string(message.size) + " octets, announced were " +
                                    std::to_string(*expected_->size)};
  for (const auto& hash : expected_->hashes) {
    if (hash.hash_func == "sha-256" && hash.digest != message.sha256)
      return Failure{bad_request, "the file's SHA-256 is " + base::to_hex(message.sha256) +
                                      ", announced was " + base::to_hex(hash.digest)};
  }
  return std::nullopt;
}

}  // namespace ue
