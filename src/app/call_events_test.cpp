#include "app/call_events.hpp"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "net/http_server.hpp"
#include "tests/support/controller_room.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;  // for what must happen; tests that pass never wait for it

controller::ReleasedCall call(const std::string& id) {
  controller::ReleasedCall out;
  out.call_id = id;
  out.from_tag = "a";
  out.to_tag = "b";
  out.reason = "tcp_failed";
  out.cause = "refused";
  out.mode = "agnostic";
  out.other_media = 2;
  return out;
}

/// Somebody's server, which answers with the statuses that the test has written down, then with 200.
class CallEventsTest : public testing::Test {
 protected:
  void open(std::string_view listen = "127.0.0.1:0") {
    auto server = net::HttpServer::open(loop_, listen, [this](const net::HttpRequest& request, auto respond) {
      requests_.push_back(request);
      if (hold_) return held_.push_back(std::move(respond));
      const auto status = requests_.size() <= statuses_.size() ? statuses_[requests_.size() - 1] : 200U;
      respond({status, "text/plain", ""});
    });
    ASSERT_TRUE(server) << server.error().reason;
    server_ = *std::move(server);
  }
  void start(CallEventsOptions options = {}) {
    if (!server_) open();
    options.back_off = 1ms;
    url_ = "http://" + server_->address().to_string() + "/calls?x=1";
    events_.emplace(loop_, log_, url_, options);
  }
  bool wait_until_done() {
    return loop_.run_until([&] { return events_->pending() == 0; }, patience);
  }
  bool wait_for_requests(std::size_t count) {
    return loop_.run_until([&] { return requests_.size() >= count; }, patience);
  }
  void expect(std::uint64_t delivered, std::uint64_t failed, std::uint64_t dropped) {
    EXPECT_EQ(events_->counters().delivered, delivered);
    EXPECT_EQ(events_->counters().failed, failed);
    EXPECT_EQ(events_->counters().dropped, dropped);
  }

  net::ControlLoop loop_;
  test::MemoryLog log_;
  std::unique_ptr<net::HttpServer> server_;
  std::vector<net::HttpRequest> requests_;
  std::vector<unsigned> statuses_;
  bool hold_ = false;
  std::vector<net::HttpRespond> held_;
  std::string url_;
  std::optional<CallEvents> events_;
};

TEST_F(CallEventsTest, ACallIsOnePostOfJson) {
  start();
  events_->post(call("1@host"));
  EXPECT_TRUE(requests_.empty()) << "nobody waits";
  ASSERT_TRUE(wait_until_done());
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].method, "POST");
  EXPECT_EQ(requests_[0].target, "/calls?x=1");
  EXPECT_EQ(requests_[0].content_type, "application/json");
  EXPECT_EQ(
      requests_[0].body,
      R"({"event":"released","call-id":"1@host","from-tag":"a","to-tag":"b","reason":"tcp_failed","cause":"refused",)"
      R"("mode":"agnostic","other-media":2})");
  expect(1, 0, 0);
  EXPECT_TRUE(log_.lines.empty());
}

TEST_F(CallEventsTest, TheBranchIsSaidWhereThereIsOneAndTextCannotBreakTheJson) {
  auto forked = call("a\"b\n");
  forked.via_branch = "z9hG4bK\xff";
  EXPECT_EQ(event_json(forked),
            R"({"event":"released","call-id":"a\"b\n","from-tag":"a","to-tag":"b","via-branch":"z9hG4bK)"
            "\xEF\xBF\xBD"
            R"(","reason":"tcp_failed","cause":"refused","mode":"agnostic","other-media":2})");
}

TEST_F(CallEventsTest, WithoutAUrlNobodyIsTold) {
  events_.emplace(loop_, log_, "");
  events_->post(call("1"));
  EXPECT_EQ(events_->pending(), 0U);
  expect(0, 0, 0);
}

TEST_F(CallEventsTest, WhatMayPassIsTriedAgain) {
  statuses_ = {503, 500};
  start();
  events_->post(call("1"));
  ASSERT_TRUE(wait_until_done());
  EXPECT_EQ(requests_.size(), 3U);
  EXPECT_EQ(requests_[2].body, requests_[0].body);
  expect(1, 0, 0);
  EXPECT_TRUE(log_.lines.empty());
}

TEST_F(CallEventsTest, AfterThreeRetriesItIsGivenUpAndSaidOnce) {
  statuses_ = {503, 503, 503, 502};
  start();
  events_->post(call("1"));
  ASSERT_TRUE(wait_until_done());
  EXPECT_EQ(requests_.size(), 4U);
  expect(0, 1, 0);
  ASSERT_EQ(log_.lines.size(), 1U);
  EXPECT_EQ(log_.lines[0], "event_failed call_id=1 tries=4 reason=" + url_ + ": status 502");
}

TEST_F(CallEventsTest, WhatTheReceiverRefusesIsNotTriedAgain) {
  statuses_ = {404, 302};
  start();
  events_->post(call("1"));
  ASSERT_TRUE(wait_until_done());
  events_->post(call("2"));
  ASSERT_TRUE(wait_until_done());
  EXPECT_EQ(requests_.size(), 2U);
  expect(0, 2, 0);
  ASSERT_EQ(log_.lines.size(), 2U);
  EXPECT_NE(log_.lines[1].find("call_id=2 tries=1"), std::string::npos) << log_.lines[1];
}

TEST_F(CallEventsTest, AReceiverThatCannotBeReachedIsTriedAgainAndNamed) {
  start();
  server_.reset();
  events_->post(call("1"));
  ASSERT_TRUE(wait_until_done());
  expect(0, 1, 0);
  ASSERT_EQ(log_.lines.size(), 1U);
  EXPECT_NE(log_.lines[0].find("tries=4 reason=" + url_ + ": cannot connect"), std::string::npos)
      << log_.lines[0];
}

TEST_F(CallEventsTest, NoAnswerInTimeIsTriedAgain) {
  hold_ = true;
  start({.timeout = 20ms});
  events_->post(call("1"));
  ASSERT_TRUE(wait_for_requests(2));
  hold_ = false;
  ASSERT_TRUE(wait_until_done());
  expect(1, 0, 0);
}

TEST_F(CallEventsTest, OnlySoManyPostsAreUnderWayAndTheOldestThatWaitsGoes) {
  hold_ = true;
  start({.max_waiting = 3, .max_in_flight = 2});
  for (int i = 0; i < 7; ++i) events_->post(call(std::to_string(i)));
  expect(0, 0, 2);  // 2 and 3: 0 and 1 are under way, 4 to 6 wait
  EXPECT_EQ(events_->pending(), 5U);
  ASSERT_TRUE(wait_for_requests(2));
  EXPECT_EQ(server_->connections(), 2U);
  hold_ = false;
  for (auto& respond : held_) respond({});
  ASSERT_TRUE(wait_until_done());
  expect(5, 0, 2);
  EXPECT_NE(requests_[2].body.find(R"("call-id":"4")"), std::string::npos) << requests_[2].body;
  ASSERT_EQ(log_.lines.size(), 1U);
  EXPECT_NE(log_.lines[0].find("events_dropped"), std::string::npos);
}

TEST_F(CallEventsTest, AnotherUrlHoldsForWhatIsNotSentYet) {
  hold_ = true;
  start({.max_in_flight = 1});
  events_->post(call("1"));
  events_->post(call("2"));
  ASSERT_TRUE(wait_for_requests(1));
  events_->set_url("http://" + server_->address().to_string() + "/other");
  hold_ = false;
  held_[0]({503, "", ""});
  ASSERT_TRUE(wait_until_done());
  ASSERT_EQ(requests_.size(), 3U);
  EXPECT_EQ(requests_[1].target, "/other");
  EXPECT_EQ(requests_[2].target, "/other");
}

TEST_F(CallEventsTest, WithoutAUrlAnyMoreWhatWaitsIsDropped) {
  hold_ = true;
  start({.max_in_flight = 1});
  events_->post(call("1"));
  events_->post(call("2"));
  ASSERT_TRUE(wait_for_requests(1));
  events_->set_url("");
  held_[0]({503, "", ""});
  ASSERT_TRUE(wait_until_done());
  expect(0, 1, 1);
}

TEST_F(CallEventsTest, MayEndWhileEventsWaitForAnotherTry) {
  statuses_ = {503};
  hold_ = false;
  start();
  events_->post(call("1"));
  ASSERT_TRUE(wait_for_requests(1));
  events_.reset();
}

}  // namespace
}  // namespace app
