#include "gateway/observer.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace gateway {
namespace {

constexpr std::array<std::string_view, 20> labels = {
    "SEND", "REPORT", "AUTH", "NICKNAME", "200", "400", "401", "403", "404", "408",
    "413",  "415",    "423",  "424",      "425", "428", "481", "501", "506", "other"};

std::size_t index_of(std::string_view label) noexcept {
  const auto found = std::find(labels.begin(), labels.end() - 1, label);
  return static_cast<std::size_t>(found - labels.begin());
}

}  // namespace

void MessageCounts::add(std::string_view method, std::uint16_t status) noexcept {
  static_assert(labels.size() == size);
  if (!method.empty()) {
    ++counts_[index_of(method)];
    return;
  }
  const std::array<char, 3> digits = {static_cast<char>('0' + status / 100 % 10),
                                      static_cast<char>('0' + status / 10 % 10),
                                      static_cast<char>('0' + status % 10)};
  ++counts_[index_of({digits.data(), digits.size()})];
}

void MessageCounts::add(const MessageCounts& other) noexcept {
  for (std::size_t i = 0; i < size; ++i) counts_[i] += other.counts_[i];
}

std::map<std::string, std::uint64_t> MessageCounts::to_map() const {
  std::map<std::string, std::uint64_t> out;
  for (std::size_t i = 0; i < size; ++i) {
    if (counts_[i] > 0) out.emplace(labels[i], counts_[i]);
  }
  return out;
}

void Observer::pass(std::string_view octets, std::span<MessageCounts* const> counts) {
  if (stopped_ || octets.empty()) return;
  if (!parser_) {
    if (!begins_like_msrp(octets)) return stop();
    parser_ = std::make_unique<msrp::Parser>(msrp::ParserLimits{.head_octets = head_limit});
  }
  octets = complete_carry(octets, counts);
  if (stopped_ || octets.empty()) return;
  const auto consumed = run(octets, counts);
  if (consumed == failed || octets.size() - consumed > head_limit) return stop();
  carry_.append(octets.substr(consumed));
}

bool Observer::begins_like_msrp(std::string_view octets) const noexcept {
  constexpr std::string_view start = "MSRP ";
  const auto n = std::min(octets.size(), start.size());
  return octets.substr(0, n) == start.substr(0, n);
}

/// Gives the parser what was kept together with as little of the new octets as completes it; returns those
/// that are left.
std::string_view Observer::complete_carry(std::string_view octets, std::span<MessageCounts* const> counts) {
  constexpr std::size_t slice = 2048;
  while (!carry_.empty() && !octets.empty()) {
    const auto kept = carry_.size();
    const auto more = octets.substr(0, slice);
    carry_.append(more);
    const auto consumed = run(carry_.view(), counts);
    if (consumed == failed || carry_.size() - consumed > head_limit) {
      stop();
      return {};
    }
    if (consumed >= kept) {
      carry_.release();
      return octets.substr(consumed - kept);
    }
    carry_.consume(consumed);
    octets.remove_prefix(more.size());
  }
  return octets;
}

/// How many octets the parser took.
std::size_t Observer::run(std::string_view octets, std::span<MessageCounts* const> counts) {
  std::size_t consumed = 0;
  while (consumed < octets.size()) {
    const auto step = parser_->step(octets.substr(consumed));
    if (!step) return failed;
    if (step->needs_more()) break;
    consumed += step->consumed;
    if (const auto* start = std::get_if<msrp::Start>(&step->event)) {
      method_.assign(start->method.substr(0, 16));
      status_ = start->status;
    } else if (std::holds_alternative<msrp::End>(step->event)) {
      for (auto* each : counts) each->add(method_, status_);
    }
  }
  return consumed;
}

void Observer::restart() noexcept {
  parser_.reset();
  carry_.release();
  stopped_ = false;
}

void Observer::stop() noexcept {
  parser_.reset();
  carry_.release();
  stopped_ = true;
}

}  // namespace gateway
