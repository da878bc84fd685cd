#include "crypto/identity.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/text.hpp"
#include "crypto/tls.hpp"

namespace crypto {
namespace {

/// A directory of its own for each test, gone with it.
class IdentityFiles : public testing::Test {
 protected:
  IdentityFiles() {
    std::string name = testing::TempDir() + "/identity-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~IdentityFiles() override { std::filesystem::remove_all(folder_); }

  std::string put(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }
  /// What a program of OpenSSL's own prints.
  std::string shell(const std::string& command) const {
    std::FILE* pipe = popen(("cd '" + folder_.string() + "' && " + command + " 2>&1").c_str(), "r");
    std::string out;
    std::array<char, 4096> piece{};
    for (std::size_t got = 0; (got = fread(piece.data(), 1, piece.size(), pipe)) > 0;)
      out.append(piece.data(), got);
    EXPECT_EQ(pclose(pipe), 0) << command << ": " << out;
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(IdentityFiles, FingerprintsAreThoseOfTheOpensslProgram) {
  const auto identity = Identity::self_signed("somebody");
  const auto file = put("cert.pem", identity.certificate_pem());
  for (const std::string hash : {"sha-1", "sha-224", "sha-256", "sha-384", "sha-512"}) {
    const auto printed = to_string(identity.fingerprint(hash));
    std::string option = hash;
    option.erase(3, 1);
    const auto theirs = shell("openssl x509 -noout -fingerprint -" + option + " -in cert.pem");
    EXPECT_EQ(printed, hash + " " + theirs.substr(theirs.find('=') + 1, printed.size() - hash.size() - 1));
    EXPECT_EQ(base::parse_fingerprint(printed), identity.fingerprint(hash));
  }
}

TEST_F(IdentityFiles, SelfSignedCertificateIsWhatRfc8122PeersNeed) {
  put("cert.pem", Identity::self_signed("alice@example.com", 30).certificate_pem());
  const auto text = shell("openssl x509 -noout -text -in cert.pem");
  EXPECT_NE(text.find("Signature Algorithm: ecdsa-with-SHA256"), std::string::npos) << text;
  EXPECT_NE(text.find("NIST CURVE: P-256"), std::string::npos);
  EXPECT_NE(text.find("Subject: CN = alice@example.com"), std::string::npos);
  EXPECT_NE(text.find("Issuer: CN = alice@example.com"), std::string::npos);
  shell("openssl verify -CAfile cert.pem cert.pem");  // its signature and dates hold now
  shell("openssl x509 -noout -checkend " + std::to_string(29 * 86400) + " -in cert.pem");
  EXPECT_NE(shell("openssl x509 -noout -checkend " + std::to_string(31 * 86400) + " -in cert.pem || true")
                .find("will expire"),
            std::string::npos);
}

TEST_F(IdentityFiles, LoadsWhatItWrote) {
  const auto identity = Identity::self_signed("somebody");
  const auto read =
      Identity::load(put("c", identity.certificate_pem()), put("k", identity.private_key_pem()));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->fingerprint(), identity.fingerprint());
  EXPECT_EQ(read->private_key_pem(), identity.private_key_pem());
}

TEST_F(IdentityFiles, LoadsWhatTheOpensslProgramWrote) {
  shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=rsa -days 2");
  const auto rsa = Identity::load(folder_ / "c", folder_ / "k");
  ASSERT_TRUE(rsa) << rsa.error();
  EXPECT_TRUE(TlsContext::make(*rsa, {}));
  shell(
      "openssl ecparam -name prime256v1 -genkey -noout -out old && openssl req -x509 -key old -out c2 -subj "
      "/CN=ec");
  EXPECT_TRUE(Identity::load(folder_ / "c2", folder_ / "old"));  // "EC PRIVATE KEY"
}

TEST_F(IdentityFiles, TakesTheFirstCertificateOfAChainAndOneFileForBoth) {
  const auto first = Identity::self_signed("first");
  const auto second = Identity::self_signed("second");
  const auto file = put("all", first.private_key_pem() + first.certificate_pem() + second.certificate_pem());
  const auto read = Identity::load(file, file);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->fingerprint(), first.fingerprint());
}

TEST_F(IdentityFiles, ErrorsNameTheFileAndWhatIsWrong) {
  const auto identity = Identity::self_signed("somebody");
  const auto cert = put("cert.pem", identity.certificate_pem());
  const auto key = put("key.pem", identity.private_key_pem());
  const auto stranger = put("stranger.pem", Identity::self_signed("stranger").private_key_pem());
  const auto locked = (folder_ / "locked.pem").string();
  shell("openssl pkcs8 -topk8 -in key.pem -passout pass:x -out locked.pem");
  const auto half = put("half.pem", identity.certificate_pem().substr(0, 200));
  const auto nowhere = (folder_ / "nowhere.pem").string();
  struct Case {
    std::string cert, key, file, words;
  };
  const Case cases[] = {
      {nowhere, key, nowhere, "No such file"},   {cert, nowhere, nowhere, "No such file"},
      {key, key, key, "holds no certificate"},   {cert, cert, cert, "holds no private key"},
      {half, key, half, "holds no certificate"}, {cert, stranger, stranger, "does not fit"},
      {cert, locked, locked, "passphrase"},      {folder_, key, folder_, "holds no certificate"},
  };
  for (const auto& wrong : cases) {
    const auto read = Identity::load(wrong.cert, wrong.key);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().find(wrong.file + ": "), 0U) << read.error();
    EXPECT_NE(read.error().find(wrong.words), std::string::npos) << read.error();
  }
}

TEST_F(IdentityFiles, KeysThatAreTooWeakCannotBeUsed) {
  shell("openssl req -x509 -newkey rsa:1024 -nodes -keyout k -out c -subj /CN=weak");
  const auto weak = Identity::load(folder_ / "c", folder_ / "k");
  ASSERT_TRUE(weak) << weak.error();
  const auto made = TlsContext::make(*weak, {});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().find("key too small"), std::string::npos) << made.error();
}

TEST(Identity, IsNewEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) seen.insert(Identity::self_signed("same").fingerprint().digest);
  EXPECT_EQ(seen.size(), 20U);
}

TEST(Identity, TakesAnyName) {
  for (const auto& name :
       {std::string(), std::string(500, 'n'), std::string("\xff\0\n", 3), std::string("a=b,c/d")})
    EXPECT_EQ(Identity::self_signed(name).fingerprint().digest.size(), 32U);
}

TEST(Identity, CopiesShareCertificateAndKey) {
  const auto identity = Identity::self_signed("somebody");
  const Identity copy = identity;
  EXPECT_EQ(copy.certificate(), identity.certificate());
  EXPECT_EQ(copy.key(), identity.key());
}

TEST(SupportedHash, IsEverySha) {
  for (const auto* hash : {"sha-1", "sha-224", "sha-256", "sha-384", "sha-512"})
    EXPECT_TRUE(is_supported_hash(hash)) << hash;
  for (const auto* hash : {"md5", "md2", "", "sha", "sha256", "SHA-3"})
    EXPECT_FALSE(is_supported_hash(hash)) << hash;
}

TEST(SystemRandom, FillsAllOfIt) {
  SystemRandom random;
  std::array<std::byte, 64> a{};
  std::array<std::byte, 64> b{};
  random.fill(a);
  random.fill(b);
  EXPECT_NE(a, b);
  random.fill({});
  EXPECT_LT(std::ranges::count(b, std::byte{}), 32);
}

}  // namespace
}  // namespace crypto
