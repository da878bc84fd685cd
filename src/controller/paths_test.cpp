// What each end is shown of the other's path (msrp-sec.md 2.15).
#include <gtest/gtest.h>

#include "tests/support/controller_room.hpp"

namespace controller {
namespace {

using test::Chat;
using test::ControllerRoom;
using test::e2ae_chat;
using test::plain_chat;

TEST(Paths, SessionMatchingShowsTheGatewayInThePath) {
  auto options = ControllerRoom::two_realms();
  for (auto& realm : options.realms) realm.profile = Profile::gsma;
  ControllerRoom room(options);
  auto chat = e2ae_chat();
  chat.cema = false;
  const auto offered = std::string(room.offer(chat).text("sdp"));
  EXPECT_NE(offered.find("a=path:msrp://192.0.2.10:20001/kjh3uyGT5d8sQz0p;tcp\r\n"), offered.npos) << offered;
  EXPECT_EQ(offered.find("msrp-cema"), offered.npos);
  auto answer = plain_chat();
  answer.cema = false;
  const auto answered = std::string(room.answer(answer).text("sdp"));
  EXPECT_NE(answered.find("a=path:msrps://192.0.2.10:20000/Zq7Lw0aTt1;tcp\r\n"), answered.npos) << answered;
  EXPECT_EQ(answered.find("msrp-cema"), answered.npos);
}

TEST(Paths, PairsThatNeedPathRewritingAreRefusedWithTheReason) {
  ControllerRoom room;
  Chat chat;
  chat.cema = false;
  const auto offered = std::string(room.offer(chat).text("sdp"));
  EXPECT_NE(offered.find("a=msrp-cema"), offered.npos);  // a CEMA recipient may connect here
  const auto answered = room.answer(plain_chat());
  EXPECT_NE(answered.text("sdp").find("m=message 0 TCP/MSRP"), std::string::npos);
  EXPECT_NE(answered.text("why").find("application-aware"), std::string::npos);
  EXPECT_TRUE(room.gateway.contexts.empty());
}

TEST(Paths, MsrpPeerTellsOfARecipientWhoseSdpDoesNot) {
  ControllerRoom room;
  auto request = room.request(ng::Command::offer, Chat().text());
  request.msrp_peer = ng::MsrpPeer::cema;
  room.run(request);
  auto answer = plain_chat();
  answer.cema = false;
  answer.setup = "active";
  EXPECT_EQ(room.answer(answer).text("mode"), "agnostic");
}

TEST(Paths, EndToEndTlsBetweenSessionMatchersPassesTheGatewayToo) {
  auto options = ControllerRoom::two_realms();
  for (auto& realm : options.realms) realm.profile = Profile::gsma;
  ControllerRoom room(options);
  auto chat = e2ae_chat();
  chat.cema = false;
  chat.e2ae.clear();
  const auto offered = room.offer(chat);
  EXPECT_EQ(offered.text("mode"), "e2e");
  EXPECT_NE(offered.text("sdp").find("a=path:msrps://192.0.2.10:20001/kjh3uyGT5d8sQz0p;tcp\r\n"),
            std::string::npos);
  auto answer = test::tls_chat();
  answer.cema = false;
  EXPECT_NE(room.answer(answer).text("sdp").find("a=path:msrps://192.0.2.10:20000/Zq7Lw0aTt1;tcp\r\n"),
            std::string::npos);
}

TEST(Paths, ARelaysPathIsNeverRewritten) {
  auto options = ControllerRoom::two_realms();
  for (auto& realm : options.realms) realm.profile = Profile::gsma;
  ControllerRoom room(options);
  auto chat = Chat();
  chat.cema = false;
  chat.path_host = "relay.example:2855/r;tcp msrp://ue.invalid";
  const auto offered = std::string(room.offer(chat).text("sdp"));
  EXPECT_NE(offered.find("a=path:msrp://relay.example:2855/r;tcp msrp://ue.invalid:49170/"), offered.npos);
}

}  // namespace
}  // namespace controller
