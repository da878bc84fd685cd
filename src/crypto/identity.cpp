#include "crypto/identity.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/expect.hpp"
#include "base/text.hpp"
#include "crypto/openssl.hpp"

namespace crypto {
namespace {

constexpr int serial_bits = 127;               // 16 octets, positive; RFC 5280 4.1.2.2 allows 20
constexpr std::size_t common_name_limit = 64;  // ub-common-name, RFC 5280 A.1
constexpr long x509_version3 = 2;              // RFC 5280 4.1.2.1
constexpr long backdated_seconds = -3600;      // for peers whose clock is behind ours

std::string printable_name(std::string_view common_name) {
  auto name = base::printable(common_name, common_name_limit).substr(0, common_name_limit);
  return name.empty() ? "postern" : name;
}

void set_serial(X509* certificate) {
  const BignumPtr serial(BN_new());
  base::expect(BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1);
  base::expect(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr);
}

CertificatePtr certificate_over(EVP_PKEY* key, std::string_view common_name, int days) {
  CertificatePtr certificate(X509_new());
  base::expect(certificate && X509_set_version(certificate.get(), x509_version3) == 1);
  set_serial(certificate.get());
  const std::string cn = printable_name(common_name);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  base::expect(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                          reinterpret_cast<const unsigned char*>(cn.data()),
                                          static_cast<int>(cn.size()), -1, 0) == 1);
  base::expect(X509_set_issuer_name(certificate.get(), name) == 1);
  base::expect(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), backdated_seconds) != nullptr);
  base::expect(X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days, 0, nullptr) != nullptr);
  base::expect(X509_set_pubkey(certificate.get(), key) == 1);
  base::expect(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

/// A file that wants a passphrase is an error, never a prompt on the terminal of a daemon.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string complaint(const std::string& file, std::string_view what) {
  return file + ": " + std::string(what);
}

/// Null and a sentence in `error` when there is no such object in the file.
template <class T>
T* read_pem(const std::string& file, std::string_view what, std::string& error,
            T* (*read)(BIO*, T**, pem_password_cb*, void*)) {
  ERR_clear_error();
  errno = 0;
  const BioPtr in(BIO_new_file(file.c_str(), "r"));
  if (!in) {
    error = complaint(file, std::generic_category().message(errno));
    ERR_clear_error();
    return nullptr;
  }
  bool encrypted = false;
  T* object = read(in.get(), nullptr, no_passphrase, &encrypted);
  const auto reason = take_openssl_reason();
  if (encrypted) {
    error = complaint(file, "is protected by a passphrase; an unencrypted key is needed");
  } else if (object == nullptr) {
    error = complaint(file, "holds no " + std::string(what) + " in PEM form (" + reason + ")");
  }
  return object;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

void SystemRandom::fill(std::span<std::byte> out) {
  constexpr std::size_t most = 1U << 30;  // RAND_bytes takes an int
  while (!out.empty()) {
    const auto piece = out.first(std::min(out.size(), most));
    base::expect(RAND_bytes(reinterpret_cast<unsigned char*>(piece.data()), static_cast<int>(piece.size())) ==
                 1);
    out = out.subspan(piece.size());
  }
}

Identity Identity::self_signed(std::string_view common_name, int days) {
  KeyPtr key(EVP_EC_gen("P-256"));
  base::expect(key != nullptr);
  auto certificate = certificate_over(key.get(), common_name, days);
  return {std::move(certificate), std::move(key)};
}

base::Result<Identity, std::string> Identity::load(const std::string& cert_file,
                                                   const std::string& key_file) {
  std::string error;
  CertificatePtr certificate(read_pem<X509>(cert_file, "certificate", error, PEM_read_bio_X509));
  if (!certificate) return error;
  KeyPtr key(read_pem<EVP_PKEY>(key_file, "private key", error, PEM_read_bio_PrivateKey));
  if (!key) return error;
  ERR_clear_error();
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return complaint(key_file,
                     "does not fit the certificate in " + cert_file + " (" + take_openssl_reason() + ")");
  }
  return Identity(std::move(certificate), std::move(key));
}

base::Fingerprint Identity::fingerprint(std::string_view hash_func) const {
  return fingerprint_of(certificate(), hash_func);
}

std::string Identity::certificate_pem() const {
  const BioPtr out(BIO_new(BIO_s_mem()));
  base::expect(PEM_write_bio_X509(out.get(), certificate()) == 1);
  return contents(out.get());
}

std::string Identity::private_key_pem() const {
  const BioPtr out(BIO_new(BIO_s_secmem()));  // zeroed when freed
  base::expect(PEM_write_bio_PKCS8PrivateKey(out.get(), key(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(out.get());
}

}  // namespace crypto
