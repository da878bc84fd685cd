#include "ue/negotiation.hpp"

#include <gtest/gtest.h>

namespace ue {
namespace {

LocalMedia a_local() {
  LocalMedia out;
  out.address = base::IpAddress::v4({192, 0, 2, 1});
  out.port = 2855;
  out.session_id = "s1k2j3h4g5f6d7s8";
  out.origin_id = "42";
  out.fingerprints = {{"sha-256", std::string(32, '\x5a')}};
  return out;
}

/// A peer's section: m= port and path apart, so that a middlebox can be seen.
std::string peer_sdp(const std::string& proto, const std::string& port, const std::string& attributes,
                     const std::string& host = "192.0.2.9", const std::string& path_port = "7000") {
  const std::string scheme = proto == "TCP/MSRP" ? "msrp" : "msrps";
  return "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=message " + port +
         " " + proto + " *\r\na=accept-types:*\r\na=path:" + scheme + "://192.0.2.9:" + path_port +
         "/peersession;tcp\r\n" + attributes;
}
const std::string fingerprint =
    "a=fingerprint:sha-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n";

base::Result<Agreement, Refusal> read_offer_text(const LocalMedia& local, const std::string& sdp) {
  const auto document = sdp::Document::parse(sdp);
  return read_offer(local, *document, *find_msrp(*document));
}

TEST(Offer, says_where_and_how_this_ue_can_be_reached) {
  auto local = a_local();
  local.tls = local.e2ae = true;
  const auto text = print_offer(local);
  EXPECT_NE(text.find("m=message 2855 TCP/TLS/MSRP *\r\n"), text.npos) << text;
  EXPECT_NE(text.find("a=path:msrps://192.0.2.1:2855/s1k2j3h4g5f6d7s8;tcp\r\n"), text.npos) << text;
  EXPECT_NE(text.find("a=setup:actpass\r\na=msrp-cema\r\na=fingerprint:sha-256 5A:5A"), text.npos) << text;
  EXPECT_NE(text.find("a=3ge2ae:requested\r\n"), text.npos) << text;
}

TEST(Offer, of_an_active_ue_names_port_9) {
  auto local = a_local();
  local.port = 9;
  local.setup = sdp::Setup::active;
  local.peer = PeerKind::plain;
  const auto text = print_offer(local);
  EXPECT_NE(text.find("m=message 9 TCP/MSRP *"), text.npos) << text;
  EXPECT_NE(text.find("a=path:msrp://192.0.2.1:9/"), text.npos) << text;
  EXPECT_EQ(text.find("msrp-cema"), text.npos) << text;
  EXPECT_EQ(text.find("fingerprint"), text.npos) << text;
}

TEST(Offer, brackets_ipv6_in_the_path_only) {
  auto local = a_local();
  local.address = *base::IpAddress::parse("2001:db8::1");
  const auto text = print_offer(local);
  EXPECT_NE(text.find("c=IN IP6 2001:db8::1\r\n"), text.npos) << text;
  EXPECT_NE(text.find("a=path:msrp://[2001:db8::1]:2855/"), text.npos) << text;
}

TEST(Answer, of_a_passive_peer_is_connected_to_by_c_and_m_with_cema_and_by_path_without) {
  auto local = a_local();
  const auto sdp = peer_sdp("TCP/MSRP", "30000", "a=setup:passive\r\na=msrp-cema\r\n", "198.51.100.1");
  auto agreement = read_answer(local, sdp);
  ASSERT_TRUE(agreement) << agreement.error().why;
  EXPECT_TRUE(agreement->active);
  EXPECT_EQ(agreement->connect->to_string(), "198.51.100.1:30000");
  local.peer = PeerKind::sessmatch;
  EXPECT_EQ(read_answer(local, sdp)->connect->to_string(), "192.0.2.9:7000");
}

TEST(Answer, without_setup_is_that_of_a_passive_peer) {
  const auto agreement = read_answer(a_local(), peer_sdp("TCP/MSRP", "7000", ""));
  ASSERT_TRUE(agreement);
  EXPECT_TRUE(agreement->active);
}

TEST(Answer, of_an_active_peer_makes_us_wait) {
  const auto agreement = read_answer(a_local(), peer_sdp("TCP/MSRP", "7000", "a=setup:active\r\n"));
  ASSERT_TRUE(agreement);
  EXPECT_FALSE(agreement->active);
  EXPECT_FALSE(agreement->connect);
}

struct Refused {
  std::string name;
  LocalMedia local;
  std::string sdp;
  std::string why;
};

class RefusedAnswer : public testing::TestWithParam<Refused> {};

TEST_P(RefusedAnswer, names_the_reason) {
  const auto agreement = read_answer(GetParam().local, GetParam().sdp);
  ASSERT_FALSE(agreement);
  EXPECT_NE(agreement.error().why.find(GetParam().why), std::string::npos) << agreement.error().why;
}

LocalMedia with(std::optional<sdp::Setup> setup, bool tls = false) {
  auto out = a_local();
  if (setup) out.setup = *setup;
  out.tls = tls;
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, RefusedAnswer,
    testing::Values(
        Refused{"port_0", a_local(), peer_sdp("TCP/MSRP", "0", ""), "port 0"},
        Refused{"clear", with({}, true), peer_sdp("TCP/MSRP", "7000", ""), "nothing is sent in clear"},
        Refused{"tls", a_local(), peer_sdp("TCP/TLS/MSRP", "7000", fingerprint), "TCP/TLS/MSRP answered"},
        Refused{"nobody", with({}, true), peer_sdp("TCP/TLS/MSRP", "7000", ""), "no a=fingerprint"},
        Refused{"both_active", with(sdp::Setup::active), peer_sdp("TCP/MSRP", "7000", "a=setup:active\r\n"),
                "both sides want to open"},
        Refused{"both_passive", with(sdp::Setup::passive),
                peer_sdp("TCP/MSRP", "7000", "a=setup:passive\r\n"), "both sides wait"},
        Refused{"actpass", a_local(), peer_sdp("TCP/MSRP", "7000", "a=setup:actpass\r\n"), "is no answer"},
        Refused{"discard", a_local(), peer_sdp("TCP/MSRP", "9", "a=setup:passive\r\n"), "port 9"},
        Refused{"name", a_local(), peer_sdp("TCP/MSRP", "7000", "a=msrp-cema\r\n", "ue.example.net"),
                "names the host ue.example.net"},
        Refused{"middlebox", a_local(), peer_sdp("TCP/MSRP", "30000", "a=setup:active\r\n"),
                "no a=msrp-cema"},
        Refused{"no_sdp", a_local(), "hello", "not SDP"},
        Refused{"no_path", a_local(),
                "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=message 7 "
                "TCP/MSRP *\r\n",
                "no a=path"}),
    [](const auto& one) { return one.param.name; });

TEST(AnOffer, is_answered_passive_unless_the_offerer_only_waits) {
  EXPECT_FALSE(read_offer_text(a_local(), peer_sdp("TCP/MSRP", "7000", "a=setup:actpass\r\n"))->active);
  EXPECT_FALSE(read_offer_text(a_local(), peer_sdp("TCP/MSRP", "7000", "a=setup:active\r\n"))->active);
  EXPECT_FALSE(read_offer_text(a_local(), peer_sdp("TCP/MSRP", "7000", ""))->active);
  EXPECT_TRUE(read_offer_text(a_local(), peer_sdp("TCP/MSRP", "7000", "a=setup:passive\r\n"))->active);
  EXPECT_TRUE(
      read_offer_text(with(sdp::Setup::active), peer_sdp("TCP/MSRP", "7000", "a=setup:actpass\r\n"))->active);
}

TEST(AnOffer, is_refused_when_the_roles_or_the_security_do_not_fit) {
  const auto why = [](const LocalMedia& local, const std::string& sdp) {
    const auto agreement = read_offer_text(local, sdp);
    return agreement ? "" : agreement.error().why;
  };
  EXPECT_NE(why(with(sdp::Setup::active), peer_sdp("TCP/MSRP", "7000", "a=setup:active\r\n")), "");
  EXPECT_NE(why(with(sdp::Setup::passive), peer_sdp("TCP/MSRP", "7000", "a=setup:passive\r\n")), "");
  EXPECT_NE(why(with({}, true), peer_sdp("TCP/MSRP", "7000", "")), "");
  EXPECT_NE(why(a_local(), peer_sdp("TCP/TLS/MSRP", "7000", "")), "");
  // RFC 6714 4.3: a middlebox that does not know CEMA.
  EXPECT_NE(why(a_local(), peer_sdp("TCP/MSRP", "30000", "")), "");
  EXPECT_EQ(why(a_local(), peer_sdp("TCP/MSRP", "30000", "a=msrp-cema\r\n")), "");
  auto e2ae = with({}, true);
  e2ae.e2ae = true;
  EXPECT_NE(why(e2ae, peer_sdp("TCP/TLS/MSRP", "7000", fingerprint)), "");
  EXPECT_EQ(why(e2ae, peer_sdp("TCP/TLS/MSRP", "7000", fingerprint + "a=3ge2ae:applied\r\n")), "");
}

TEST(AnOffer, of_a_file_is_answered_with_the_same_selector_and_the_other_direction) {
  const auto text =
      peer_sdp("TCP/MSRP", "7000",
               "a=sendonly\r\na=file-selector:name:\"a b.txt\" size:3\r\na=file-transfer-id:abc\r\n");
  const auto offer = sdp::Document::parse(text);
  const auto section = *find_msrp(*offer);
  const auto agreement = read_offer(a_local(), *offer, section);
  const auto answer = print_answer(a_local(), *agreement, *offer, section);
  EXPECT_NE(answer.find("a=recvonly\r\n"), answer.npos) << answer;
  EXPECT_NE(answer.find("a=file-selector:name:\"a b.txt\" size:3\r\na=file-transfer-id:abc\r\n"), answer.npos)
      << answer;
}

TEST(AnOffer, with_other_media_has_them_refused_in_their_places) {
  const auto text =
      "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
      "m=audio 4000 RTP/AVP 0\r\n" +
      peer_sdp("TCP/MSRP", "7000", "").substr(peer_sdp("TCP/MSRP", "7000", "").find("m=message"));
  const auto offer = sdp::Document::parse(text);
  const auto section = *find_msrp(*offer);
  const auto answer = print_answer(a_local(), *read_offer(a_local(), *offer, section), *offer, section);
  const auto audio = answer.find("m=audio 0 RTP/AVP 0\r\n"),
             message = answer.find("m=message 2855 TCP/MSRP *");
  EXPECT_LT(audio, message) << answer;
  EXPECT_NE(message, answer.npos) << answer;
}

}  // namespace
}  // namespace ue
