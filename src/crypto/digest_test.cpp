#include "crypto/digest.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace crypto {
namespace {

// FIPS 180-4's examples (NIST CSRC, "SHA-256").
TEST(Sha256, gives_the_standards_digests_in_whatever_pieces_the_octets_come) {
  Sha256 digest;
  EXPECT_EQ(base::to_hex(digest.finish()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  digest.update("abc");
  EXPECT_EQ(base::to_hex(digest.finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (const char c : std::string_view("abc")) digest.update({&c, 1});
  EXPECT_EQ(base::to_hex(digest.finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace crypto
