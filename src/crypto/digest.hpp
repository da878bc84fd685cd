#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace crypto {

/// SHA-256 (FIPS 180-4) of octets that come in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view octets);
  /// The 32 octets of the digest. Begins anew afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crypto
