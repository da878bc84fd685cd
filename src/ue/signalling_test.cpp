#include "ue/signalling.hpp"

#include <gtest/gtest.h>

#include "tests/support/ue_party.hpp"

namespace ue {
namespace {

using namespace std::chrono_literals;

const std::string sdp = "v=0\r\no=- 4711 1 IN IP4 127.0.0.1\r\ns=-\r\n";

class SignallingTest : public ::testing::Test {
 protected:
  /// A server that answers with `response` and remembers.
  std::string start(net::HttpResponse response) {
    Signalling::Handlers handlers;
    handlers.on_offer = [this, response](const std::string& offer, const Signalling::Respond& respond) {
      offers.push_back(offer);
      respond(response);
    };
    handlers.on_bye = [this](const std::string& call) {
      byes.push_back(call);
      return true;
    };
    server = std::make_unique<Signalling>(reactor, std::move(handlers));
    const auto at = server->listen("127.0.0.1:0");
    EXPECT_TRUE(at);
    server->start();
    client = std::make_unique<Signalling>(reactor, Signalling::Handlers{});
    client->start();
    return "http://" + at->to_string();
  }
  void offer(const std::string& url) {
    client->offer(url, sdp, 10s, [this](auto result) { answer.emplace(std::move(result)); });
    ASSERT_TRUE(test::run_until(reactor, [&] { return answer.has_value(); }));
  }

  net::Reactor reactor;
  std::unique_ptr<Signalling> server, client;
  std::vector<std::string> offers, byes;
  std::optional<base::Result<std::string, Signalling::Error>> answer;
};

TEST_F(SignallingTest, carries_an_offer_its_answer_and_a_bye) {
  const auto url = start({200, "application/sdp", "the answer"});
  offer(url);
  ASSERT_TRUE(*answer);
  EXPECT_EQ(**answer, "the answer");
  EXPECT_EQ(offers, std::vector{sdp});
  bool done = false;
  client->bye(url, call_name(sdp), [&] { done = true; });
  ASSERT_TRUE(test::run_until(reactor, [&] { return done; }));
  EXPECT_EQ(byes, std::vector<std::string>{"4711"});
}

TEST_F(SignallingTest, tells_why_an_offer_was_refused) {
  offer(start({488, "text/plain", "no common media\n"}));
  ASSERT_FALSE(*answer);
  EXPECT_NE(answer->error().why.find("refused with 488: no common media"), std::string::npos)
      << answer->error().why;
  EXPECT_EQ(answer->error().why.find('\n'), std::string::npos);
}

TEST_F(SignallingTest, tells_when_nobody_is_there) {
  const auto url = start({});
  server.reset();
  offer(url);
  ASSERT_FALSE(*answer);
  EXPECT_NE(answer->error().why.find("Connection refused"), std::string::npos) << answer->error().why;
}

TEST_F(SignallingTest, takes_nothing_but_sdp_for_an_offer) {
  const auto url = start({200, "application/sdp", "x"});
  net::ControlLoop loop;
  net::HttpClient http(loop);
  std::optional<unsigned> status;
  http.post(url, "text/plain", "hello", 10s,
            [&](auto response) { status = response ? response->status : 0; });
  ASSERT_TRUE(loop.run_until([&] { return status.has_value(); }, 20s));
  EXPECT_EQ(*status, 415U);
  EXPECT_TRUE(offers.empty());
}

TEST_F(SignallingTest, what_was_on_its_way_finds_nobody_once_it_is_gone) {
  const auto url = start({200, "application/sdp", "x"});
  client->offer(url, sdp, 10s, [this](auto result) { answer.emplace(std::move(result)); });
  ASSERT_TRUE(test::run_until(reactor, [&] { return !offers.empty(); }));
  client.reset();
  reactor.run_once(0s);
  EXPECT_FALSE(answer);
}

TEST(CallName, is_the_sess_id_of_the_origin) {
  EXPECT_EQ(call_name(sdp), "4711");
  EXPECT_EQ(call_name("v=0\r\ns=-\r\n"), "");
  EXPECT_EQ(call_name("v=0\r\no=- ../x 1 IN IP4 127.0.0.1\r\n"), "");
  EXPECT_EQ(call_name("no sdp"), "");
}

}  // namespace
}  // namespace ue
