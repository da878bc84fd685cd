#include "gateway/leg.hpp"

#include <algorithm>
#include <functional>

#include "gateway/link.hpp"

namespace gateway {
namespace {

using Seconds = std::chrono::duration<double>;

base::Result<msrp::Path, std::string> read(const std::vector<std::string>& uris) {
  msrp::Path out;
  for (const auto& text : uris) {
    auto uri = msrp::parse_uri(text);
    if (!uri) return "not an MSRP URI: " + text.substr(0, 200);
    out.push_back(*std::move(uri));
  }
  if (out.empty()) return std::string("an empty path");
  return out;
}

std::string join(const std::vector<std::string>& uris) {
  std::string out;
  for (const auto& uri : uris) out += (out.empty() ? "" : " ") + uri;
  return out;
}

std::uint64_t tighter(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

std::uint64_t hash_of(std::string_view text) noexcept {
  return std::hash<std::string_view>{}(text) | 1;  // never the 0 of an empty place
}

void count_end(char flag, std::uint64_t& completed, std::uint64_t& aborted) noexcept {
  completed += flag == '$';
  aborted += flag == '#';
}

}  // namespace

base::Result<base::Ok, std::string> LegPaths::set_local(const std::vector<std::string>& uris) {
  auto path = read(uris);
  if (!path) return path.error();
  local_ = *std::move(path);
  local_text_ = join(uris);
  prepare();
  return base::Ok{};
}

base::Result<base::Ok, std::string> LegPaths::set_remote(const std::vector<std::string>& uris) {
  auto path = read(uris);
  if (!path) return path.error();
  remote_ = *std::move(path);
  remote_text_ = join(uris);
  next_text_ = uris.front();
  prepare();
  return base::Ok{};
}

void LegPaths::prepare() {
  const auto from = "\r\nFrom-Path: " + local_text_ + "\r\n";
  whole_ = "To-Path: " + remote_text_ + from;
  next_hop_ = "To-Path: " + next_text_ + from;
}

bool LegPaths::matches(std::string_view to_path) const {
  if (to_path == local_text_) return true;
  const auto path = msrp::parse_path(to_path);
  return path && std::equal(path->begin(), path->end(), local_.begin(), local_.end(),
                            session_id_only_ ? msrp::same_session : msrp::same_uri);
}

void Bucket::fill(base::Time now) noexcept {
  if (filled_at_)
    level_ = std::min(static_cast<double>(burst_),
                      level_ + static_cast<double>(rate_) * Seconds(now - *filled_at_).count());
  filled_at_ = now;
}

base::Duration Bucket::wait(base::Time now) noexcept {
  if (rate_ == 0) return base::Duration::zero();
  fill(now);
  if (level_ >= 1) return base::Duration::zero();
  return std::chrono::duration_cast<base::Duration>(Seconds((1 - level_) / static_cast<double>(rate_)));
}

std::size_t Bucket::left(base::Time now, std::size_t most) noexcept {
  fill(now);
  if (level_ < 1) return 0;
  return level_ < static_cast<double>(most) ? static_cast<std::size_t>(level_) : most;
}

const PolicedMessages::Message* PolicedMessages::find(std::string_view message_id) const noexcept {
  if (messages_.empty() || message_id.empty()) return nullptr;  // where there is no policy it costs nothing
  const auto found =
      std::find_if(messages_.begin(), messages_.end(),
                   [hash = hash_of(message_id)](const auto& each) { return each.hash == hash; });
  return found == messages_.end() ? nullptr : &*found;
}

PolicedMessages::Message* PolicedMessages::get(std::string_view message_id) {
  if (message_id.empty()) return nullptr;  // what has no name is not known again
  if (const auto* known = find(message_id))
    return &messages_[static_cast<std::size_t>(known - messages_.data())];
  if (messages_.size() == most) messages_.erase(messages_.begin());
  return &messages_.emplace_back(Message{.hash = hash_of(message_id)});
}

void PolicedMessages::add(std::string_view message_id, std::uint64_t octets) {
  if (auto* message = get(message_id)) message->octets += octets;
}

void PolicedMessages::refuse(std::string_view message_id, std::uint16_t status) {
  if (auto* message = get(message_id)) message->refused = status;
}

void PolicedMessages::end(std::string_view message_id) noexcept {
  const auto* known = find(message_id);
  if (known && known->refused == 0) messages_.erase(messages_.begin() + (known - messages_.data()));
}

Leg::Leg(LegPolicy policy, RealmTotals& totals)
    : messages(policy.message_rate), octets(policy.octet_rate), policy_(std::move(policy)), totals_(totals) {}

Leg::~Leg() {
  part();
}

void Leg::part() {
  detach();
  if (other) other->other = nullptr;
  other = nullptr;
}

void Leg::detach() {
  if (other && other->link && link) other->link->lose_receiver(*other);
  if (link) link->forget(*this);
  link = nullptr;
  joined = open = false;
  transactions = {};
  if (!other) return;
  other->joined = other->open = false;
  other->transactions = {};
}

std::uint64_t Leg::max_message() const noexcept {
  return tighter(policy_.max_message, other->policy_.max_message);
}

bool Leg::accepts(std::string_view content_type) const {
  for (const auto* each : {this, static_cast<const Leg*>(other)})
    if (each->policy_.types && !each->policy_.types->accepts(content_type)) return false;
  return true;
}

void Leg::count_in(std::string_view method, std::uint16_t status) noexcept {
  messages_in_.add(method, status);
  totals_.messages_in.add(method, status);
}

void Leg::count_out(std::string_view method, std::uint16_t status) noexcept {
  messages_out_.add(method, status);
  totals_.messages_out.add(method, status);
}

void Leg::count_octets(std::uint64_t in, std::uint64_t out) noexcept {
  counts_.octets_in += in;
  counts_.octets_out += out;
}

void Leg::count_payload(std::uint64_t in, std::uint64_t out) noexcept {
  counts_.payload_in += in;
  counts_.payload_out += out;
  totals_.payload_in += in;
  totals_.payload_out += out;
}

void Leg::count_end_in(char flag) noexcept {
  count_end(flag, counts_.completed_in, counts_.aborted_in);
  count_end(flag, totals_.completed_in, totals_.aborted_in);
}

void Leg::count_end_out(char flag) noexcept {
  count_end(flag, counts_.completed_out, counts_.aborted_out);
  count_end(flag, totals_.completed_out, totals_.aborted_out);
}

void Leg::count_refusal(std::uint16_t status) noexcept {
  const auto count = [&](std::uint64_t& mine, std::uint64_t& all) {
    ++mine;
    ++all;
  };
  if (status == 413) count(counts_.too_large, totals_.too_large);
  if (status == 415) count(counts_.refused_types, totals_.refused_types);
  if (status == 481 || status == 506) count(counts_.unmatched, totals_.unmatched);
}

void Leg::count_rate_pause() noexcept {
  ++counts_.rate_pauses;
  ++totals_.rate_pauses;
}

void Leg::fill(iq::Counters& counters) const {
  const auto refused = counters.refused_connections;
  counters = counts_;
  counters.refused_connections = refused;
  counters.messages_in = messages_in_.to_map();
  counters.messages_out = messages_out_.to_map();
}

}  // namespace gateway
