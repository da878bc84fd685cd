#include "crypto/digest.hpp"

#include <array>

#include <openssl/evp.h>

#include "base/expect.hpp"
#include "crypto/openssl.hpp"

namespace crypto {

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};

  void begin() { base::expect(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->begin();
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view octets) {
  base::expect(EVP_DigestUpdate(state_->context.get(), octets.data(), octets.size()) == 1);
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
  unsigned size = 0;
  base::expect(EVP_DigestFinal_ex(state_->context.get(), octets.data(), &size) == 1);
  state_->begin();
  return {octets.begin(), octets.begin() + size};
}

}  // namespace crypto
