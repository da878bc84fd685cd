#pragma once
#include <string>
#include <string_view>

#include "proto/msrp/parser.hpp"

namespace test {

/// Feeds octets to a Parser and writes down what it tells, so that tests compare strings.
class MsrpEar {
 public:
  explicit MsrpEar(msrp::ParserLimits limits = {}) : parser_(limits) {}

  void feed(std::string_view piece) {
    pending_.append(piece);
    std::size_t at = 0;
    while (!dead_) {
      const auto step = parser_.step(std::string_view(pending_).substr(at));
      if (!step) {
        log_ += "error " + std::string(msrp::to_string(step.error().code)) + " at " +
                std::to_string(step.error().offset) + "\n";
        dead_ = true;
      } else if (step->needs_more()) {
        break;
      } else {
        tell(step->event);
        at += step->consumed;
      }
    }
    pending_.erase(0, at);
  }
  /// With the octets of a body that has not ended yet.
  std::string story() const { return body_.empty() ? log_ : log_ + "[" + body_; }
  std::size_t held() const { return pending_.size(); }

 private:
  void tell(const msrp::Event& event) {
    if (const auto* start = std::get_if<msrp::Start>(&event)) {
      log_.append(start->transaction_id).append(" ");
      if (start->status != 0)
        log_ += std::to_string(start->status) + " <" + std::string(start->comment) + ">\n";
      else
        log_.append(start->method).append("\n");
    }
    if (const auto* field = std::get_if<msrp::Field>(&event))
      log_.append(field->name).append("=").append(field->value).append("\n");
    if (std::holds_alternative<msrp::BodyStart>(event)) log_ += "body ";
    if (const auto* body = std::get_if<msrp::Body>(&event)) body_ += body->octets;
    if (const auto* end = std::get_if<msrp::End>(&event)) {
      log_.append("[").append(body_).append("] ").append(1, end->flag).append("\n");
      body_.clear();
    }
  }

  msrp::Parser parser_;
  std::string log_, body_, pending_;
  bool dead_ = false;
};

}  // namespace test
