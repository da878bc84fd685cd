#include "proto/ng/request_names.hpp"

#include <algorithm>

namespace ng {
namespace {

using namespace std::string_view_literals;

constexpr std::array read{"command"sv,    "call-id"sv,  "from-tag"sv,         "to-tag"sv,    "via-branch"sv,
                          "sdp"sv,        "limit"sv,    "msrp-tls"sv,         "msrp-peer"sv, "msrp-mode"sv,
                          "msrp-setup"sv, "msrp-psk"sv, "msrp-psk-identity"sv};
// Kamailio says these in every request: what else it understands, and which SIP message it is about.
constexpr std::array ignored{"supports"sv, "sip-message-type"sv, "sip-code"sv, "user-agent"sv};
constexpr std::array flags{"msrp-e2ae"sv, "tell-proxy"sv, "trust-address"sv};

template <std::size_t n>
bool is_in(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

bool is_known_key(std::string_view key) noexcept {
  return is_in(read, key) || is_ignored_key(key);
}
bool is_ignored_key(std::string_view key) noexcept {
  return is_in(ignored, key);
}
bool is_known_flag(std::string_view flag) noexcept {
  return is_in(flags, flag);
}

}  // namespace ng
