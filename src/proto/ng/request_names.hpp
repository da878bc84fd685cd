#pragma once
// The words of the NG protocol, for the reader and the printer of requests. Not for other rooms.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/expect.hpp"
#include "proto/ng/request.hpp"

namespace ng {

template <class Enum>
struct Name {
  Enum value;
  std::string_view text;
};
template <class Enum, std::size_t n>
using Names = std::array<Name<Enum>, n>;

inline constexpr Names<Command, 7> commands{{{Command::ping, "ping"},
                                             {Command::offer, "offer"},
                                             {Command::answer, "answer"},
                                             {Command::delete_call, "delete"},
                                             {Command::query, "query"},
                                             {Command::list, "list"},
                                             {Command::statistics, "statistics"}}};
inline constexpr Names<MsrpTls, 3> tls_names{
    {{MsrpTls::tls, "tls"}, {MsrpTls::tcp, "tcp"}, {MsrpTls::passthru, "passthru"}}};
inline constexpr Names<MsrpPeer, 4> peer_names{{{MsrpPeer::automatic, "auto"},
                                                {MsrpPeer::cema, "cema"},
                                                {MsrpPeer::sessmatch, "sessmatch"},
                                                {MsrpPeer::plain, "plain"}}};
inline constexpr Names<MsrpMode, 3> mode_names{
    {{MsrpMode::automatic, "auto"}, {MsrpMode::agnostic, "agnostic"}, {MsrpMode::aware, "aware"}}};
inline constexpr Names<MsrpSetup, 3> setup_names{
    {{MsrpSetup::active, "active"}, {MsrpSetup::passive, "passive"}, {MsrpSetup::actpass, "actpass"}}};

template <class Enum, std::size_t n>
std::optional<Enum> value_of(const Names<Enum, n>& names, std::string_view text) {
  for (const auto& name : names) {
    if (name.text == text) return name.value;
  }
  return std::nullopt;
}

template <class Enum, std::size_t n>
std::string_view name_in(const Names<Enum, n>& names, Enum value) {
  for (const auto& name : names) {
    if (name.value == value) return name.text;
  }
  base::expect(false);
  return {};
}

/// "tls, tcp or passthru".
template <class Enum, std::size_t n>
std::string choices(const Names<Enum, n>& names) {
  std::string out(names[0].text);
  for (std::size_t i = 1; i < n; ++i) out.append(i + 1 < n ? ", " : " or ").append(names[i].text);
  return out;
}

/// Of the keys with one value: those that a Request has a member for, and those that the proxies always send
/// and that say nothing here.
bool is_known_key(std::string_view key) noexcept;
bool is_ignored_key(std::string_view key) noexcept;
bool is_known_flag(std::string_view flag) noexcept;

}  // namespace ng
