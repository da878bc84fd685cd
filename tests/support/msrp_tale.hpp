#pragma once
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "proto/msrp/head.hpp"
#include "proto/msrp/head_view.hpp"

namespace test {

/// What Parser and HeadScanner must agree on in a stream, as text: heads, bodies, end-lines, the error. Each
/// of the two below takes the stream in pieces.
class MsrpTale {
 public:
  virtual ~MsrpTale() = default;

  void feed(std::string_view piece) {
    pending_.insert(pending_.end(), piece.begin(), piece.end());
    for (std::size_t consumed = 1; !dead_ && consumed > 0;) {
      const std::vector<char> exact(pending_);  // an address sanitizer sees who reads behind it
      consumed = step({exact.data(), exact.size()});
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(consumed));
    }
  }
  std::string story() const { return log_ + "[" + body_; }

 protected:
  virtual std::size_t step(std::string_view in) = 0;

  std::size_t refuse(msrp::Error error) {
    log_.append("error ").append(msrp::to_string(error.code)).append(" at ");
    log_ += std::to_string(error.offset) + "\n";
    dead_ = true;
    return 0;
  }
  void tell(const msrp::HeadView& head) {
    const auto say = [this](std::string_view text) {
      log_.append(text.data() ? "<" : "-").append(text).append(text.data() ? ">" : "").append(" ");
    };
    for (const auto text :
         {head.transaction_id, head.method, head.comment, head.to_path, head.from_path, head.message_id,
          head.byte_range, head.success_report, head.failure_report, head.content_type})
      say(text);
    for (const auto fields : head.fields) log_.append("{").append(fields).append("}");
    log_ += std::to_string(head.status) + " " + std::to_string(head.flag) + " " + std::to_string(head.size);
  }
  void tell_body(std::string_view octets) { body_ += octets; }
  void tell_end(char flag) {
    log_.append("[").append(body_).append("] ").append(1, flag).append("\n");
    body_.clear();
  }

 private:
  std::vector<char> pending_;
  std::string log_, body_;
  bool dead_ = false;
};

class ScannerTale : public MsrpTale {
 public:
  explicit ScannerTale(msrp::ParserLimits limits = {}) : heads_(limits) {}

 private:
  std::size_t step(std::string_view in) override {
    if (in_body_) return body(in);
    const auto head = heads_.scan(in);
    if (!head) return refuse(head.error());
    if (!*head) return 0;
    tell(**head);
    in_body_ = (*head)->flag == 0;
    if (in_body_) bodies_.begin((*head)->transaction_id);
    return (*head)->size;
  }
  std::size_t body(std::string_view in) {
    const auto found = bodies_.scan(in);
    tell_body(in.substr(0, found.body));
    in_body_ = found.flag == 0;
    if (!in_body_) tell_end(found.flag);
    return found.consumed;
  }

  msrp::HeadScanner heads_;
  msrp::BodyScanner bodies_;
  bool in_body_ = false;
};

class ParserTale : public MsrpTale {
 public:
  explicit ParserTale(msrp::ParserLimits limits = {}) : parser_(limits) {}

 private:
  std::size_t step(std::string_view in) override {
    const auto step = parser_.step(in);
    if (!step) return refuse(step.error());
    size_ += step->consumed;
    if (const auto* start = std::get_if<msrp::Start>(&step->event)) begin(*start);
    if (const auto* field = std::get_if<msrp::Field>(&step->event)) add(*field, in.substr(0, step->consumed));
    if (std::holds_alternative<msrp::BodyStart>(step->event)) return finish(0) ? step->consumed : 0;
    if (const auto* body = std::get_if<msrp::Body>(&step->event)) tell_body(body->octets);
    if (const auto* end = std::get_if<msrp::End>(&step->event)) {
      if (in_head_) return finish(end->flag) ? step->consumed : 0;
      tell_end(end->flag);
    }
    if (!in_head_) size_ = 0;
    return step->consumed;
  }

  void begin(const msrp::Start& start) {
    head_.start(start);
    fields_ = {};
    paths_ = 0;
    in_head_ = true;
  }
  void add(const msrp::Field& field, std::string_view line) {
    head_.add(field);
    const bool path = base::iequals(field.name, "To-Path") || base::iequals(field.name, "From-Path");
    if (path) ++paths_;
    if (!path) fields_[std::min<std::size_t>(paths_, 2)] += line;
  }
  bool finish(char flag) {
    in_head_ = false;
    if (paths_ != 2 || !head_.find("To-Path") || !head_.find("From-Path")) {
      refuse(msrp::fail(msrp::Errc::missing_field));
      return false;
    }
    tell(view(flag));
    size_ = 0;
    return true;
  }
  msrp::HeadView view(char flag) const {
    msrp::HeadView view;
    view.transaction_id = head_.transaction_id;
    view.method = known(head_.method, head_.is_request());
    view.status = head_.status;
    view.comment = known(head_.comment, !head_.is_request());
    view.to_path = head_.value("To-Path");
    view.from_path = head_.value("From-Path");
    view.message_id = head_.value("Message-ID");
    view.byte_range = head_.value("Byte-Range");
    view.success_report = head_.value("Success-Report");
    view.failure_report = head_.value("Failure-Report");
    view.content_type = head_.value("Content-Type");
    std::copy(fields_.begin(), fields_.end(), view.fields.begin());
    view.flag = flag;
    view.size = size_;
    return view;
  }
  static std::string_view known(const std::string& text, bool present) {
    return present ? std::string_view(text) : std::string_view();
  }

  msrp::Parser parser_;
  msrp::Head head_;
  std::array<std::string, 3> fields_;
  std::size_t paths_ = 0, size_ = 0;
  bool in_head_ = false;
};

/// Where the body that stands at the front of `in` ends, by looking at each octet; npos: not in here.
inline std::size_t body_end(std::string_view in, std::string_view transaction_id) {
  const auto hyphens = "-------" + std::string(transaction_id);
  for (std::size_t at = 0; at < in.size(); ++at) {
    for (const char* flag : {"$\r\n", "+\r\n", "#\r\n"}) {
      if (in.substr(at).starts_with("\r\n" + hyphens + flag)) return at;
      if (at == 0 && in.starts_with(hyphens + flag)) return at;
    }
  }
  return in.npos;
}

}  // namespace test
