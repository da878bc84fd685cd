#include "proto/sdp/msrp_attributes.hpp"

#include <gtest/gtest.h>

#include "proto/sdp/media.hpp"
#include "tests/support/sdp_samples.hpp"

namespace sdp {
namespace {

using test::crlf;
using Words = std::vector<std::string>;

Document parsed(std::string_view text) {
  auto out = Document::parse(text);
  if (!out) ADD_FAILURE() << to_string(out.error());
  return out ? *std::move(out) : *Document::parse("v=0\r\n");
}

// One MSRP section with these lines, and a session part with others.
Document with(const std::string& lines, const std::string& session_lines = "") {
  return parsed("v=0\n" + session_lines + "m=message 9 TCP/TLS/MSRP *\n" + lines);
}

std::string digest() {
  std::string out;
  for (char c = 0; c < 32; ++c) out += c;
  return out;
}

TEST(MsrpAttributes, Rfc4975OffersAreRead) {
  const auto plain = parsed(crlf(test::sdp_plain));
  EXPECT_EQ(*path(plain, {1}).value(), Words{"msrp://alice.example.com:7394/2s93i93idj;tcp"});
  EXPECT_EQ(*accept_types(plain, {1}).value(), (Words{"message/cpim", "text/plain", "text/html"}));
  EXPECT_EQ(accept_wrapped_types(plain, {1}).value(), std::nullopt);
  EXPECT_EQ(setup(plain, {1}).value(), std::nullopt);
  EXPECT_TRUE(fingerprints(plain, {1}).value().empty());
  EXPECT_FALSE(has_cema(plain, {1}));

  const auto tls = parsed(crlf(test::sdp_tls));
  ASSERT_EQ(fingerprints(tls, {1}).value().size(), 1u);
  EXPECT_EQ(fingerprints(tls, {1}).value()[0].hash_func, "sha-1");
}

TEST(MsrpAttributes, AnImsUeThatAsksForE2aeIsRead) {
  const auto document = parsed(crlf(test::sdp_e2ae));
  EXPECT_TRUE(is_msrps(document, {1}));
  EXPECT_EQ(*setup(document, {1}).value(), Setup::actpass);
  EXPECT_TRUE(has_cema(document, {1}));
  EXPECT_EQ(fingerprints(document, {1}).value(), (std::vector<base::Fingerprint>{{"sha-256", digest()}}));
  EXPECT_EQ(e2ae(document, {1}), E2ae::requested);
  EXPECT_EQ(*tls_id(document, {1}).value(), "abcdefghij0123456789+/-_");
  EXPECT_EQ(*path(document, {1}).value(), Words{"msrps://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp"});
  EXPECT_EQ(connection(document, {1}).value(), std::nullopt);
}

TEST(MsrpAttributes, AnRcsClientsOfferIsRead) {
  const auto document = parsed(crlf(test::sdp_rcs));
  EXPECT_FALSE(is_msrp(document, {1}));
  EXPECT_EQ(*setup(document, {1}).value(), Setup::passive) << "inherited from the session";
  EXPECT_EQ(*setup(document, {2}).value(), Setup::active);
  EXPECT_EQ(*connection(document, {2}).value(), Connection::new_connection);
  EXPECT_EQ(fingerprints(document, {2}).value()[0].digest, digest()) << "inherited from the session";
  EXPECT_EQ(direction(document, {1}), Direction::inactive);
  EXPECT_EQ(direction(document, {2}), Direction::sendrecv);
  EXPECT_EQ(connection_address(document, {2}).value()->address, "2001:db8::99");
}

TEST(MsrpAttributes, PathKeepsItsOrder) {
  EXPECT_EQ(*path(with("a=path:  msrps://r.example:1/a;tcp  msrp://b:2/c;tcp\n"), {1}).value(),
            (Words{"msrps://r.example:1/a;tcp", "msrp://b:2/c;tcp"}));
  EXPECT_EQ(path(with(""), {1}).value(), std::nullopt);
  EXPECT_EQ(path(with("", "a=path:msrp://h:1/s;tcp\n"), {1}).value(), std::nullopt) << "media level only";
  EXPECT_EQ(path(with("a=path:\n"), {1}).error().line, 3u);
}

TEST(MsrpAttributes, AcceptTypesTolerateALeadingBlankAndKeepParameters) {
  const auto document =
      with("a=accept-types: message/cpim text/plain;x=\"a b\\\" c\" *\na=accept-wrapped-types: *\n");
  EXPECT_EQ(*accept_types(document, {1}).value(), (Words{"message/cpim", "text/plain;x=\"a b\\\" c\"", "*"}));
  EXPECT_EQ(*accept_wrapped_types(document, {1}).value(), Words{"*"});
  EXPECT_FALSE(accept_types(with("a=accept-types:text/plain;x=\"a\n"), {1}));
}

TEST(MsrpAttributes, MaxSizeIsANumberThatFits) {
  EXPECT_EQ(*max_size(with("a=max-size:4294967296\n"), {1}).value(), 4'294'967'296u);
  EXPECT_FALSE(max_size(with("a=max-size:99999999999999999999\n"), {1}));
  EXPECT_FALSE(max_size(with("a=max-size:-1\n"), {1}));
}

TEST(MsrpAttributes, SetupHasFourValues) {
  EXPECT_EQ(*setup(with("a=setup:ACTIVE\n"), {1}).value(), Setup::active);
  EXPECT_EQ(*setup(with("a=setup:holdconn\n"), {1}).value(), Setup::holdconn);
  EXPECT_FALSE(setup(with("a=setup:both\n"), {1}));
  EXPECT_EQ(*setup(with("a=setup:passive\na=setup:active\n"), {1}).value(), Setup::passive)
      << "the first counts";
  EXPECT_EQ(*connection(with("a=connection:existing\n"), {1}).value(), Connection::existing);
  EXPECT_FALSE(connection(with("a=connection:old\n"), {1}));
}

TEST(MsrpAttributes, AllFingerprintsAreReadAndTheSectionsOverrideTheSessions) {
  const std::string sha1 =
      "a=fingerprint:sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\n";
  const std::string other = "a=fingerprint:X-New 0a:0b\n";
  auto all = fingerprints(with(sha1 + other), {1}).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1], (base::Fingerprint{"x-new", "\x0a\x0b"}));
  EXPECT_EQ(fingerprints(with(other, sha1), {1}).value().size(), 1u);
  EXPECT_EQ(fingerprints(with("", sha1), {1}).value()[0].hash_func, "sha-1");
}

TEST(MsrpAttributes, AMalformedFingerprintIsNotAMissingOne) {
  for (const auto* bad : {"", "sha-256", "sha-256 00:01", "sha-256 zz", "sha-1 4A-AD"}) {
    const auto out = fingerprints(with(std::string("a=fingerprint:") + bad + "\n"), {1});
    ASSERT_FALSE(out) << bad;
    EXPECT_EQ(out.error().line, 3u);
  }
}

TEST(MsrpAttributes, OtherE2aeIndicatorsAreIgnored) {
  EXPECT_EQ(e2ae(with("a=3ge2ae:foo\n"), {1}), std::nullopt);
  EXPECT_EQ(e2ae(with("a=3ge2ae:foo\na=3ge2ae:Applied\n"), {1}), E2ae::applied);
  EXPECT_EQ(e2ae(with("", "a=3ge2ae:requested\n"), {1}), std::nullopt) << "media level only";
}

TEST(MsrpAttributes, TlsIdHasTwentyTo255Characters) {
  EXPECT_TRUE(tls_id(with("a=tls-id:" + std::string(20, 'x') + "\n"), {1}));
  EXPECT_TRUE(tls_id(with("a=tls-id:" + std::string(255, 'x') + "\n"), {1}));
  EXPECT_FALSE(tls_id(with("a=tls-id:" + std::string(19, 'x') + "\n"), {1}));
  EXPECT_FALSE(tls_id(with("a=tls-id:" + std::string(256, 'x') + "\n"), {1}));
  EXPECT_FALSE(tls_id(with("a=tls-id:" + std::string(20, '.') + "\n"), {1}));
}

TEST(MsrpAttributes, KeyManagementIsInheritedAndKeptInBase64) {
  const auto document = with("", "a=key-mgmt: mikey AQ4FgSIiIiIBAgHxAQEAAAQ+/A==\na=key-mgmt:other eHg=\n");
  EXPECT_EQ(key_mgmt(document, {1}).value(),
            (std::vector<KeyMgmt>{{"mikey", "AQ4FgSIiIiIBAgHxAQEAAAQ+/A=="}, {"other", "eHg="}}));
  EXPECT_EQ(key_mgmt(with("a=key-mgmt:x eHg=\n", "a=key-mgmt:mikey eHg=\n"), {1}).value()[0].protocol, "x");
  EXPECT_FALSE(key_mgmt(with("a=key-mgmt:mikey\n"), {1}));
  EXPECT_FALSE(key_mgmt(with("a=key-mgmt:mikey a b\n"), {1}));
  EXPECT_TRUE(key_mgmt(with(""), {1}).value().empty());
}

TEST(MsrpAttributes, EverySetterIsReadBackAndChangesItsOwnLines) {
  auto document = with("a=keep: me \n");
  set_path(document, {1}, {"msrp://a:1/b;tcp", "msrp://c:2/d;tcp"});
  set_accept_types(document, {1}, {"message/cpim", "text/plain"});
  set_accept_wrapped_types(document, {1}, {"*"});
  set_max_size(document, {1}, 12);
  set_setup(document, {1}, Setup::passive);
  set_cema(document, {1}, true);
  set_cema(document, {1}, true);
  set_fingerprints(document, {1}, {{"sha-1", std::string(20, '\xab')}, {"md2", std::string(16, '\x01')}});
  set_e2ae(document, {1}, E2ae::applied);
  set_tls_id(document, {1}, "abcdefghij0123456789");
  set_key_mgmt(document, {1}, {{"mikey", "eHg="}});
  EXPECT_EQ(
      document.print(),
      "v=0\nm=message 9 TCP/TLS/MSRP *\na=keep: me \na=path:msrp://a:1/b;tcp msrp://c:2/d;tcp\n"
      "a=accept-types:message/cpim text/plain\na=accept-wrapped-types:*\na=max-size:12\na=setup:passive\n"
      "a=msrp-cema\n"
      "a=fingerprint:sha-1 AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB\n"
      "a=fingerprint:md2 01:01:01:01:01:01:01:01:01:01:01:01:01:01:01:01\n"
      "a=3ge2ae:applied\na=tls-id:abcdefghij0123456789\na=key-mgmt:mikey eHg=\n");
  EXPECT_EQ(*setup(document, {1}).value(), Setup::passive);
  EXPECT_EQ(fingerprints(document, {1}).value().size(), 2u);
  EXPECT_EQ(e2ae(document, {1}), E2ae::applied);
  set_cema(document, {1}, false);
  EXPECT_FALSE(has_cema(document, {1}));
}

// What the gateway does to an e2ae offer on its way to the core: the whole text is compared.
TEST(MsrpAttributes, AnE2aeOfferBecomesAPlainOneWithTheOtherLinesUntouched) {
  auto document = parsed(crlf(test::sdp_e2ae));
  set_proto(document, {1}, tcp_msrp);
  set_port(document, {1}, 40002);
  set_connection(document, {1}, connection_of("2001:db8:c0::1"));
  for (const auto gone : {name::fingerprint, name::e2ae, name::tls_id}) remove_attribute(document, {1}, gone);
  EXPECT_EQ(document.print(), crlf(R"(
v=0
o=- 1 1 IN IP6 2001:db8::10
s=-
t=0 0
m=message 40002 TCP/MSRP *
c=IN IP6 2001:db8:c0::1
a=path:msrps://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp
a=accept-types:message/cpim text/plain
a=accept-wrapped-types:*
a=setup:actpass
a=msrp-cema
)"));
}

TEST(MsrpAttributes, AnRcsOfferIsEditedInItsMsrpSectionOnly) {
  auto document = parsed(crlf(test::sdp_rcs));
  set_port(document, {2}, 26000);
  set_connection(document, {2}, connection_of("192.0.2.1"));
  set_setup(document, {2}, Setup::actpass);
  remove_attribute(document, {2}, name::connection);
  auto expected = crlf(test::sdp_rcs);
  const auto change = [&](std::string_view from, std::string_view to) {
    expected.replace(expected.find(from), from.size(), to);
  };
  change("m=message 9 TCP/TLS/MSRP *\r\n", "m=message 26000 TCP/TLS/MSRP *\r\nc=IN IP4 192.0.2.1\r\n");
  change("a=setup:active", "a=setup:actpass");
  change("a=connection:new\r\n", "");
  EXPECT_EQ(document.print(), expected);
}

}  // namespace
}  // namespace sdp
