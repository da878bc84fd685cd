#pragma once
#include <cstddef>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/support/tls_side.hpp"

namespace test {

/// The engine as client or as server, against OpenSSL itself of one version, whole or an octet at a time.
class TlsMatrix : public testing::TestWithParam<std::tuple<crypto::TlsRole, int, std::size_t>> {
 protected:
  crypto::TlsRole role() const { return std::get<0>(GetParam()); }
  int version() const { return std::get<1>(GetParam()); }
  RawTls::Setup setup() const { return peer_setup(role() == crypto::TlsRole::client, version()); }
  TlsSide make_side() { return {context_, role(), std::get<2>(GetParam())}; }

  crypto::TlsContext context_ = context();
};

inline const auto every_tls =
    testing::Combine(testing::Values(crypto::TlsRole::client, crypto::TlsRole::server),
                     testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), testing::Values(std::size_t{1}, whole));

inline std::string name_of_tls(const testing::TestParamInfo<TlsMatrix::ParamType>& info) {
  const auto [role, version, step] = info.param;
  return std::string(role == crypto::TlsRole::client ? "client" : "server") +
         (version == TLS1_2_VERSION ? "_tls12" : "_tls13") + (step == 1 ? "_trickle" : "_whole");
}

}  // namespace test
