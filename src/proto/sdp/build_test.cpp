#include "proto/sdp/build.hpp"

#include <gtest/gtest.h>

#include "tests/support/sdp_samples.hpp"

namespace sdp {
namespace {

const Origin origin_of_ue{"-", "1", "1", {"IP4", "192.0.2.1"}};

TEST(Build, APlainOfferHasItsLinesInOrder) {
  auto document = make_document(origin_of_ue, connection_of("192.0.2.1"));
  MsrpMedia media;
  media.port = 2855;
  media.accept_types = {"message/cpim", "text/plain"};
  media.path = {"msrp://192.0.2.1:2855/abc;tcp"};
  media.setup = Setup::actpass;
  const auto section = append_msrp(document, media);
  EXPECT_EQ(document.print(), test::crlf(R"(
v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=message 2855 TCP/MSRP *
a=accept-types:message/cpim text/plain
a=path:msrp://192.0.2.1:2855/abc;tcp
a=setup:actpass
)"));
  EXPECT_TRUE(is_msrp(document, section));
}

TEST(Build, EverythingCanBeSaid) {
  auto document = make_document(origin_of_ue, connection_of("192.0.2.1"));
  MsrpMedia media;
  media.port = 9;
  media.tls = true;
  media.direction = Direction::sendonly;
  media.accept_types = {"*"};
  media.accept_wrapped_types = {"*"};
  media.max_size = 1'000;
  media.path = {"msrps://192.0.2.1:9/abc;tcp"};
  media.setup = Setup::active;
  media.cema = true;
  media.fingerprints = {{"x-hash", "\x01\x02"}};
  media.tls_id = "abcdefghij0123456789";
  media.e2ae = E2ae::requested;
  media.key_mgmt = {{"mikey", "eHg="}};
  media.file = FileDescription{{"a.txt", 3, "text/plain", {}, {}}, "id", "render", {}, {}, {}};
  append_msrp(document, media);
  EXPECT_EQ(document.print(), test::crlf(R"(
v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=message 9 TCP/TLS/MSRP *
a=sendonly
a=accept-types:*
a=accept-wrapped-types:*
a=max-size:1000
a=path:msrps://192.0.2.1:9/abc;tcp
a=setup:active
a=msrp-cema
a=fingerprint:x-hash 01:02
a=tls-id:abcdefghij0123456789
a=3ge2ae:requested
a=key-mgmt:mikey eHg=
a=file-selector:name:"a.txt" type:text/plain size:3
a=file-transfer-id:id
a=file-disposition:render
)"));
  EXPECT_EQ(Document::parse(document.print())->print(), document.print());
}

TEST(Build, AnAnswerHasASectionForEachOfTheOffer) {
  const auto offer = *Document::parse(test::crlf(test::sdp_rcs));
  auto answer = make_document(origin_of_ue, connection_of("2001:db8::1"));
  for (const auto media : offer.media()) {
    if (is_msrp(offer, media)) {
      append_msrp(answer, {.port = 7000, .tls = true});
    } else {
      append_rejected(answer, media_line(offer, media));
    }
  }
  EXPECT_EQ(answer.print(), test::crlf(R"(
v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP6 2001:db8::1
t=0 0
m=audio 0 RTP/AVP 0 8
m=message 7000 TCP/TLS/MSRP *
)"));
}

}  // namespace
}  // namespace sdp
