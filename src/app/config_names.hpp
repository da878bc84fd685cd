#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/config.hpp"

/// The words of the configuration and the checks of its texts: shared by reading and printing.
namespace app {

template <class T, std::size_t n>
using Names = std::array<std::pair<std::string_view, T>, n>;

inline constexpr Names<base::LogLevel, 4> log_level_names{{{"debug", base::LogLevel::debug},
                                                           {"info", base::LogLevel::info},
                                                           {"warning", base::LogLevel::warning},
                                                           {"error", base::LogLevel::error}}};
inline constexpr Names<controller::Profile, 4> profile_names{{{"auto", controller::Profile::automatic},
                                                              {"3gpp", controller::Profile::threegpp},
                                                              {"gsma", controller::Profile::gsma},
                                                              {"plain", controller::Profile::plain}}};
inline constexpr Names<controller::PathScheme, 2> path_scheme_names{
    {{"keep", controller::PathScheme::keep}, {"leg", controller::PathScheme::leg}}};
inline constexpr Names<controller::E2ae, 3> e2ae_names{{{"off", controller::E2ae::off},
                                                        {"preferred", controller::E2ae::preferred},
                                                        {"required", controller::E2ae::required}}};
inline constexpr Names<SourceFilter, 2> source_filter_names{
    {{"none", SourceFilter::none}, {"address", SourceFilter::address}}};
inline constexpr Names<crypto::TlsVersion, 2> tls_version_names{
    {{"1.2", crypto::TlsVersion::tls12}, {"1.3", crypto::TlsVersion::tls13}}};

inline constexpr Names<h248::Form, 2> form_names{
    {{"compact", h248::Form::compact}, {"pretty", h248::Form::pretty}}};

template <class T, std::size_t n>
std::optional<T> find_name(const Names<T, n>& names, std::string_view word) {
  for (const auto& [name, value] : names) {
    if (name == word) return value;
  }
  return std::nullopt;
}

template <class T, std::size_t n>
std::string_view name_of(const Names<T, n>& names, T value) {
  for (const auto& [name, candidate] : names) {
    if (candidate == value) return name;
  }
  return {};
}

std::optional<PortRange> parse_port_range(std::string_view text);
std::string to_string(const PortRange& range);

// What a text must be; each says whether it is.
bool is_any_text(std::string_view text);      // without control characters
bool is_name(std::string_view text);          // 1*64 of letters, digits, "_", "-", "."
bool is_host(std::string_view text);          // an address or a name; empty: none
bool is_network(std::string_view text);       // "192.0.2.0/24"
bool is_hash(std::string_view text);          // that RFC 8122 5 lets verify; never md5
bool is_media_type(std::string_view text);    // "text/plain", "image/*", "*"; no parameters
bool is_ng_listen(std::string_view text);     // "udp:127.0.0.1:2228", ...
bool is_admin_listen(std::string_view text);  // "127.0.0.1:9900"; empty: none
bool is_address_port(std::string_view text);  // "127.0.0.1:8443", port not zero
bool is_h248_place(std::string_view text);    // "udp:192.0.2.1:2944"
bool is_h248_peer(std::string_view text);     // the same, and one can send there
bool is_message_id(std::string_view text);    // "[192.0.2.1]:2944"; empty: none
bool is_profile(std::string_view text);       // "IqProfile/1"; empty: none
bool is_given_profile(std::string_view text);
bool is_http_url(std::string_view text);      // "http://..."; empty: none
bool is_gateway_kind(std::string_view text);  // "local", "h248"

}  // namespace app
