#include "ue/ng_client.hpp"

#include <gtest/gtest.h>

#include "tests/support/ng_server.hpp"
#include "tests/support/ue_party.hpp"

namespace ue {
namespace {

class NgClientTest : public ::testing::Test {
 protected:
  NgClientTest() { EXPECT_FALSE(client.open()); }
  void ask(const char* command) {
    ng::Dictionary request;
    request.set("command", command);
    client.request(request, [this](NgClient::Reply reply) { replies.push_back(std::move(reply)); });
  }
  static ng::Dictionary ok(std::string sdp = {}) {
    ng::Dictionary out;
    out.set("result", "ok");
    out.set("sdp", std::move(sdp));
    return out;
  }
  bool until(const std::function<bool()>& condition) { return test::run_until(reactor, condition); }

  net::Reactor reactor;
  test::SeededRandom random;
  test::NgServer server{reactor};
  NgClient client{reactor, random, server.address()};
  std::vector<NgClient::Reply> replies;
};

TEST_F(NgClientTest, tells_answers_apart_by_their_cookies) {
  ask("offer");
  ask("query");
  ASSERT_TRUE(until([&] { return server.requests.size() == 2; }));
  EXPECT_EQ(server.requests[0].text("command"), "offer");
  server.answer(1, ok("second"));
  server.answer(1, ok("again"));  // a retransmission's answer says nothing new
  server.answer(0, ok("first"));
  ASSERT_TRUE(until([&] { return replies.size() == 2; }));
  EXPECT_EQ(replies[0]->text("sdp"), "second");
  EXPECT_EQ(replies[1]->text("sdp"), "first");
  EXPECT_EQ(client.in_flight(), 0U);
}

TEST_F(NgClientTest, makes_an_error_of_the_reason) {
  ask("offer");
  ASSERT_TRUE(until([&] { return server.requests.size() == 1; }));
  ng::Dictionary reply;
  reply.set("result", "error");
  reply.set("error-reason", "Ran out of ports");
  server.answer(0, reply);
  ASSERT_TRUE(until([&] { return replies.size() == 1; }));
  EXPECT_EQ(replies[0].error().why, "NG offer: Ran out of ports");
}

TEST_F(NgClientTest, asks_three_times_more_with_the_same_cookie_and_then_gives_up) {
  ask("ping");
  ASSERT_TRUE(until([&] { return replies.size() == 1; }));
  ASSERT_EQ(server.cookies.size(), 4U);
  for (const auto& cookie : server.cookies) EXPECT_EQ(cookie, server.cookies.front());
  EXPECT_NE(replies[0].error().why.find("no answer from 127.0.0.1:"), std::string::npos);
}

}  // namespace
}  // namespace ue
