// Whole texts: what comes in, what goes out, for each kind of security and of path handling.
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using test::Chat;
using test::ControllerRoom;
using test::crlf;
using test::e2ae_chat;
using test::plain_chat;
using test::tls_chat;

/// CRLF, and $U, $O, $G for the fingerprints of the UE, the other end and the gateway.
std::string sdp(std::string_view raw) {
  auto out = crlf(raw);
  const auto put = [&](std::string_view mark, std::string_view value) {
    for (auto at = out.find(mark); at != out.npos; at = out.find(mark, at))
      out.replace(at, mark.size(), value);
  };
  put("$U", test::fingerprint_of_ue);
  put("$O", test::fingerprint_of_other);
  put("$G", base::to_string(test::FakeGateway().fingerprint));
  return out;
}

constexpr std::string_view ue_offer = R"(
v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=message 49170 TCP/TLS/MSRP *
a=path:msrps://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp
a=accept-types:message/cpim text/plain
a=setup:actpass
a=msrp-cema
a=fingerprint:$U
a=3ge2ae:requested
a=x-unknown: kept  as it is 
)";
constexpr std::string_view core_answer = R"(
v=0
o=- 2 2 IN IP4 192.0.2.2
s=-
c=IN IP4 192.0.2.2
t=0 0
m=message 50000 TCP/MSRP *
a=path:msrp://core.invalid:50000/Zq7Lw0aTt1;tcp
a=accept-types:*
a=setup:passive
a=msrp-cema
)";

TEST(Texts, E2aeOriginating) {
  ControllerRoom room;
  const auto offered = room.run(room.request(ng::Command::offer, sdp(ue_offer)));
  EXPECT_EQ(offered.text("result"), "ok");
  EXPECT_EQ(offered.text("mode"), "agnostic");
  EXPECT_NE(offered.text("why").find("e2ae"), std::string::npos);
  EXPECT_EQ(offered.text("sdp"), sdp(R"(
v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=message 20001 TCP/MSRP *
c=IN IP4 192.0.2.10
a=path:msrps://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp
a=accept-types:message/cpim text/plain
a=setup:actpass
a=msrp-cema
a=x-unknown: kept  as it is 
)"));
  const auto answered = room.run(room.request(ng::Command::answer, sdp(core_answer)));
  EXPECT_EQ(answered.text("mode"), "agnostic");
  EXPECT_EQ(answered.text("sdp"), sdp(R"(
v=0
o=- 2 2 IN IP4 192.0.2.2
s=-
c=IN IP4 192.0.2.2
t=0 0
m=message 20000 TCP/TLS/MSRP *
c=IN IP4 192.0.2.10
a=path:msrp://core.invalid:50000/Zq7Lw0aTt1;tcp
a=accept-types:*
a=setup:passive
a=msrp-cema
a=fingerprint:$G
a=3ge2ae:applied
)"));
  const auto& ends = room.context();
  EXPECT_EQ(ends[0].realm, "access");
  EXPECT_EQ(ends[0].config.transport, iq::Transport::tcp_tls);
  EXPECT_EQ(ends[0].config.setup, iq::Setup::passive);
  EXPECT_EQ(base::to_string(ends[0].config.remote_fingerprints->at(0)), test::fingerprint_of_ue);
  EXPECT_EQ(ends[1].realm, "core");
  EXPECT_EQ(ends[1].config.transport, iq::Transport::tcp);
  EXPECT_EQ(ends[1].config.setup, iq::Setup::active);
  EXPECT_EQ(ends[1].config.remote, base::Address::parse("192.0.2.2:50000"));
  EXPECT_FALSE(ends[1].config.remote_fingerprints);
}

TEST(Texts, E2aeTerminating) {
  ControllerRoom room;
  const auto offered = room.run(room.to_ue(plain_chat().text()));
  auto shown = plain_chat();
  shown.ip = "192.0.2.10";
  shown.port = 20001;
  shown.fingerprint = base::to_string(room.gateway.fingerprint);
  shown.e2ae = "applied";
  auto expected = shown.text();
  expected.replace(expected.find("TCP/MSRP"), 8, "TCP/TLS/MSRP");  // the path stays as it is: CEMA
  EXPECT_EQ(offered.text("sdp"), expected);
  auto ue = e2ae_chat();
  ue.setup = "active";
  ue.port = 9;
  ue.e2ae.clear();
  const auto answered = room.answer(ue);
  auto back = ue;
  back.ip = "192.0.2.10";
  back.port = 20000;
  back.setup = "active";
  back.fingerprint.clear();
  auto text = back.text();
  text.replace(text.find("TCP/TLS/MSRP"), 12, "TCP/MSRP");
  EXPECT_EQ(answered.text("sdp"), text);
  const auto& ends = room.context();
  EXPECT_EQ(ends[1].config.transport, iq::Transport::tcp_tls);
  EXPECT_EQ(ends[1].config.setup, iq::Setup::passive);
  EXPECT_EQ(base::to_string(ends[1].config.remote_fingerprints->at(0)), test::fingerprint_of_ue);
}

TEST(Texts, E2aeOnBothSidesIsTwoTlsSessions) {
  ControllerRoom room;
  auto request = room.request(ng::Command::offer, sdp(ue_offer));
  request.flags = {"msrp-e2ae"};
  const auto offered = room.run(request);
  EXPECT_EQ(offered.text("sdp"), sdp(R"(
v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=message 20001 TCP/TLS/MSRP *
c=IN IP4 192.0.2.10
a=path:msrps://ue.invalid:49170/kjh3uyGT5d8sQz0p;tcp
a=accept-types:message/cpim text/plain
a=setup:actpass
a=msrp-cema
a=fingerprint:$G
a=3ge2ae:applied
a=x-unknown: kept  as it is 
)"));
  const auto answered = room.answer(tls_chat());
  auto back = tls_chat();
  back.ip = "192.0.2.10";
  back.port = 20000;
  back.fingerprint = base::to_string(room.gateway.fingerprint);
  back.e2ae = "applied";
  EXPECT_EQ(answered.text("sdp"), back.text());
  EXPECT_EQ(room.context()[0].config.remote_fingerprints->size(), 1u);
  EXPECT_EQ(base::to_string(room.context()[1].config.remote_fingerprints->at(0)), test::fingerprint_of_other);
}

TEST(Texts, MsrpTlsChoosesTheRecipientsTransport) {
  for (const auto tls : {ng::MsrpTls::tls, ng::MsrpTls::tcp}) {
    ControllerRoom room;
    auto chat = e2ae_chat();
    chat.e2ae.clear();  // the command alone
    auto request = room.request(ng::Command::offer, chat.text());
    request.msrp_tls = tls;
    auto shown = chat;
    shown.ip = "192.0.2.10";
    shown.port = 20001;
    shown.fingerprint = tls == ng::MsrpTls::tls ? base::to_string(room.gateway.fingerprint) : "";
    auto expected = shown.text();
    if (tls == ng::MsrpTls::tcp) expected.replace(expected.find("TCP/TLS/MSRP"), 12, "TCP/MSRP");
    EXPECT_EQ(room.run(request).text("sdp"), expected);
    EXPECT_EQ(room.context()[0].config.transport, iq::Transport::tcp_tls);
  }
}

TEST(Texts, EndToEndTlsIsUntouched) {
  // Without e2ae, with passthru, with keys from a KMS: security attributes and setup byte for byte.
  auto bare = e2ae_chat();
  bare.e2ae.clear();
  bare.tls_id = "abcdefghij0123456789+/-_";
  bare.fingerprint = "SHA-256 " + std::string(test::fingerprint_of_ue.substr(8));
  auto mikey = bare;
  mikey.more = "a=key-mgmt:mikey AQ4FgSIiIiIBAgHxAQEA\r\na=connection:new\r\n";
  mikey.fingerprint.clear();
  mikey.e2ae = "requested";
  auto odd = bare;
  odd.fingerprint = "sha-256 nonsense";
  odd.e2ae = "requested";
  for (const auto& [chat, tls] :
       {std::pair(bare, std::optional<ng::MsrpTls>()), std::pair(mikey, std::optional<ng::MsrpTls>()),
        std::pair(odd, std::optional(ng::MsrpTls::passthru))}) {
    ControllerRoom room;
    auto request = room.request(ng::Command::offer, chat.text());
    request.msrp_tls = tls;
    const auto offered = room.run(request);
    EXPECT_EQ(offered.text("mode"), "e2e");
    auto shown = chat;
    shown.ip = "192.0.2.10";
    shown.port = 20001;
    shown.e2ae.clear();  // never forwarded
    EXPECT_EQ(offered.text("sdp"), shown.text());
    auto answer = chat;
    answer.setup = "active";
    answer.e2ae = "applied";
    const auto answered = room.answer(answer);
    EXPECT_EQ(answered.text("mode"), "e2e");
    auto back = answer;
    back.ip = "192.0.2.10";
    back.port = 20000;
    back.e2ae.clear();
    EXPECT_EQ(answered.text("sdp"), back.text());
    for (const auto& end : room.context()) {
      EXPECT_EQ(end.config.transport, iq::Transport::tcp);
      EXPECT_FALSE(end.config.remote_fingerprints);
    }
    // The answerer's choice holds for both: TLS roles follow it.
    EXPECT_EQ(room.context()[0].config.setup, iq::Setup::active);
    EXPECT_EQ(room.context()[1].config.setup, iq::Setup::passive);
  }
}

TEST(Texts, PlainToPlain) {
  ControllerRoom room;
  Chat chat;
  const auto offered = room.offer(chat);
  auto shown = chat;
  shown.ip = "192.0.2.10";
  shown.port = 20001;
  EXPECT_EQ(offered.text("sdp"), shown.text());
  EXPECT_EQ(offered.text("mode"), "agnostic");
  auto back = plain_chat();
  back.ip = "192.0.2.10";
  back.port = 20000;
  EXPECT_EQ(room.answer(plain_chat()).text("sdp"), back.text());
  for (const auto& end : room.context()) EXPECT_EQ(end.config.transport, iq::Transport::tcp);
}

TEST(Texts, APeerFromBeforeRfc6135GetsNoSetupBack) {
  ControllerRoom room;
  Chat chat;
  chat.setup.clear();
  const auto offered = std::string(room.offer(chat).text("sdp"));
  EXPECT_NE(offered.find("a=setup:actpass"), offered.npos);  // the gateway knows it
  const auto answered = std::string(room.answer(plain_chat()).text("sdp"));
  EXPECT_EQ(answered.find("a=setup"), answered.npos);
}

TEST(Texts, ASetupOfTheSessionPartDoesNotMislead) {
  ControllerRoom room;
  Chat chat;
  chat.setup.clear();
  room.offer(chat);
  auto answer = plain_chat();
  answer.setup.clear();
  auto text = answer.text();
  text.insert(text.find("m=message"), "a=setup:active\r\n");  // inherited: the answerer connects
  const auto out = std::string(room.run(room.request(ng::Command::answer, text)).text("sdp"));
  EXPECT_NE(out.find("a=setup:active\r\nm=message"), out.npos);  // not ours to change
  EXPECT_NE(out.find("a=setup:passive", out.find("m=message")), out.npos);
  EXPECT_EQ(room.context()[1].config.setup, iq::Setup::passive);
}

TEST(Texts, FingerprintsOfTheSessionPartAreTheSendersButNotTheGateways) {
  ControllerRoom room;
  auto chat = e2ae_chat();
  chat.fingerprint.clear();
  auto text = chat.text();
  text.insert(text.find("m=message"), "a=fingerprint:" + std::string(test::fingerprint_of_ue) + "\r\n");
  auto request = room.request(ng::Command::offer, text);
  request.flags = {"msrp-e2ae"};
  const auto out = std::string(room.run(request).text("sdp"));
  EXPECT_EQ(base::to_string(room.context()[0].config.remote_fingerprints->at(0)), test::fingerprint_of_ue);
  // RFC 8122 5: what the section says goes over what the session says.
  EXPECT_NE(out.find("a=fingerprint:" + base::to_string(room.gateway.fingerprint), out.find("m=message")),
            out.npos);
}

TEST(Texts, TlsIdIsAnsweredOnlyWhereItWasOffered) {
  auto chat = e2ae_chat();
  chat.tls_id = "abcdefghij0123456789";
  ControllerRoom room;
  auto request = room.request(ng::Command::offer, chat.text());
  request.flags = {"msrp-e2ae"};
  test::SeededRandom same;
  const auto first = base::random_token(same, 32), second = base::random_token(same, 32);
  const auto offered = std::string(room.run(request).text("sdp"));
  EXPECT_NE(offered.find("a=tls-id:" + first + "\r\n"), offered.npos);
  auto answer = tls_chat();
  answer.tls_id = "zyxwvutsrq9876543210";
  const auto answered = std::string(room.answer(answer).text("sdp"));
  EXPECT_NE(answered.find("a=tls-id:" + second + "\r\n"), answered.npos);
  EXPECT_EQ(room.answer(answer).text("sdp"), answered);  // 18x, then 200: the same association

  ControllerRoom without;
  without.offer(e2ae_chat());
  auto with_id = plain_chat();
  with_id.tls_id = answer.tls_id;
  const auto out = std::string(without.answer(with_id).text("sdp"));
  EXPECT_EQ(out.find("tls-id"), out.npos);
}

TEST(Texts, MsrpSetupIsTheRoleThatTheRecipientIsShown) {
  for (const auto& [setup, name] :
       {std::pair(ng::MsrpSetup::active, "active"), std::pair(ng::MsrpSetup::passive, "passive"),
        std::pair(ng::MsrpSetup::actpass, "actpass")}) {
    ControllerRoom room;
    auto request = room.request(ng::Command::offer, e2ae_chat().text());
    request.msrp_setup = setup;
    const auto out = std::string(room.run(request).text("sdp"));
    EXPECT_NE(out.find(std::string("a=setup:") + name + "\r\n"), out.npos) << name;
  }
}

TEST(Texts, WhatIsNotBuiltIsRefusedWithTheReason) {
  ControllerRoom room;
  auto aware = room.request(ng::Command::offer, Chat().text());
  aware.msrp_mode = ng::MsrpMode::aware;
  EXPECT_NE(room.run(aware).text("error-reason").find("aware"), std::string::npos);
  auto psk = room.request(ng::Command::offer, e2ae_chat().text());
  psk.msrp_psk = base::Secret(std::string_view("0123456789abcdef"));
  EXPECT_NE(room.run(psk).text("error-reason").find("msrp-psk"), std::string::npos);
  EXPECT_TRUE(room.is_clean());
}

TEST(Texts, AdvertisedNamesAndIpv6) {
  ControllerRoom room;
  room.gateway.address = "2001:db8::10";
  auto chat = e2ae_chat();
  chat.ip = "2001:db8::1";
  auto shown = chat;
  shown.ip = "2001:db8::10";
  shown.port = 20001;
  shown.fingerprint.clear();
  shown.e2ae.clear();
  auto expected = shown.text();
  expected.replace(expected.find("TCP/TLS/MSRP"), 12, "TCP/MSRP");
  EXPECT_EQ(room.offer(chat).text("sdp"), expected);
  EXPECT_EQ(room.context()[0].config.source_filter->at(0), base::IpAddress::parse("2001:db8::1"));

  ControllerRoom named;
  named.gateway.advertised = "gw.example.net";
  EXPECT_NE(named.offer(chat).text("sdp").find("c=IN IP4 gw.example.net\r\n"), std::string::npos);
}

TEST(Texts, OtherMediaComeBackByteForByte) {
  // Lines that end in a bare LF are rtpengine's; b=, i= and unknown lines of every section stay.
  const std::string before =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\nb=AS:64\r\nt=0 0\r\na=setup:active\r\n"
      "m=audio 30000 RTP/SAVP 0 8\r\nc=IN IP4 192.0.2.77\na=3ge2ae:requested\r\na=fingerprint:sha-1 junk\r\n";
  const std::string after =
      "m=video 0 RTP/AVP 99\nx=what is this\r\nm=message 9 TCP/OTHER *\r\na=3ge2ae:applied";
  auto chat = e2ae_chat();
  chat.fingerprint = test::fingerprint_of_ue;
  auto shown = chat;
  shown.ip = "192.0.2.10";
  shown.port = 20001;
  shown.fingerprint.clear();
  shown.e2ae.clear();
  auto section = shown.section();
  section.replace(section.find("TCP/TLS/MSRP"), 12, "TCP/MSRP");
  ControllerRoom room;
  EXPECT_EQ(room.run(room.request(ng::Command::offer, before + chat.section() + after)).text("sdp"),
            before + section + after);
}

}  // namespace
}  // namespace controller
