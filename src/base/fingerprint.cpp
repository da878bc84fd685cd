#include "base/fingerprint.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"

namespace base {
namespace {

constexpr std::array<std::pair<std::string_view, std::size_t>, 7> digest_sizes{{
    {"md2", 16},
    {"md5", 16},
    {"sha-1", 20},
    {"sha-224", 28},
    {"sha-256", 32},
    {"sha-384", 48},
    {"sha-512", 64},
}};

}  // namespace

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  text = trim(text);
  const auto name = take_until(text, ' ');
  text = trim(text);
  if (name.empty() || text.size() % 3 != 2) return std::nullopt;
  Fingerprint out{to_lower(name), {}};
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const auto octet = from_hex(text.substr(i, 2));
    if (!octet || (i > 0 && text[i - 1] != ':')) return std::nullopt;
    out.digest += *octet;
  }
  for (const auto& [hash, size] : digest_sizes) {
    if (hash == out.hash_func && size != out.digest.size()) return std::nullopt;
  }
  return out;
}

std::string to_string(const Fingerprint& fingerprint) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out = fingerprint.hash_func;
  char before = ' ';
  for (const char c : fingerprint.digest) {
    const auto octet = static_cast<unsigned char>(c);
    out.push_back(std::exchange(before, ':'));
    out.push_back(digits[octet >> 4]);
    out.push_back(digits[octet & 15]);
  }
  return out;
}

}  // namespace base
