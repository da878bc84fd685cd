#include "net/resolver.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace net;
using Addresses = std::vector<base::IpAddress>;

constexpr auto patience = 10s;  // for what must happen; tests that pass never wait for it

/// A name server that answers a name when the test says so, and those that begin with "quick" at once.
struct SlowServer {
  std::vector<base::IpAddress> operator()(const std::string& host) {
    if (host.starts_with("quick")) return {*base::IpAddress::parse("192.0.2.1")};
    return answers.at(host).get_future().get();
  }
  void answer(const std::string& host, std::string_view address) {
    answers.at(host).set_value({*base::IpAddress::parse(address)});
  }
  std::map<std::string, std::promise<Addresses>> answers;  // not changed once threads look into it
};

class ResolverTest : public testing::Test {
 protected:
  ResolverTest() {
    for (const auto* name : {"slow", "slower", "slowest"}) server_->answers[name];
  }
  auto server() const {  // threads may outlive a test
    return [server = server_](const std::string& host) { return (*server)(host); };
  }
  /// What came for each name asked through it, once each.
  void ask(const std::string& host, base::Duration timeout = patience) {
    resolver_->resolve(host, timeout, [this, host](Addresses found) {
      EXPECT_FALSE(got_.contains(host)) << host << " came twice";
      got_[host] = std::move(found);
    });
    EXPECT_FALSE(got_.contains(host)) << "only from the loop";
  }
  std::string wait(const std::string& host) {
    EXPECT_TRUE(loop_.run_until([&] { return got_.contains(host); }, patience)) << host;
    std::string out;
    for (const auto& address : got_[host]) out += (out.empty() ? "" : " ") + address.to_string();
    return out;
  }
  bool wait_until_idle() {
    return loop_.run_until([&] { return resolver_->in_flight() == 0; }, patience);
  }

  ControlLoop loop_;
  std::shared_ptr<SlowServer> server_ = std::make_shared<SlowServer>();
  std::map<std::string, Addresses> got_;
  std::optional<Resolver> resolver_{std::in_place, loop_};
};

TEST_F(ResolverTest, FindsTheAddressesOfTheSystemEachOnce) {
  ask("localhost");
  wait("localhost");
  auto found = got_["localhost"];
  ASSERT_FALSE(found.empty());
  for (const auto& address : found) EXPECT_TRUE(address.is_loopback()) << address.to_string();
  std::ranges::sort(found);
  EXPECT_EQ(std::ranges::adjacent_find(found), found.end());
}

TEST_F(ResolverTest, GivesNothingForANameThatIsNotThere) {
  for (const auto& name : {std::string("no-such-host.invalid"), std::string(), std::string("a b"),
                           std::string("localhost\0.invalid", 18), std::string(300, 'x')}) {
    ask(name);
    EXPECT_EQ(wait(name), "") << name;
  }
  EXPECT_TRUE(wait_until_idle());
}

TEST_F(ResolverTest, AnAddressIsItsOwnAndNeedsNoThread) {
  resolver_.emplace(loop_, ResolverOptions{.max_in_flight = 0, .lookup = {}});
  ask("192.0.2.7");
  ask("2001:db8::7");
  EXPECT_EQ(wait("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(wait("2001:db8::7"), "2001:db8::7");
}

TEST_F(ResolverTest, ASlowNameDelaysNoOther) {
  resolver_.emplace(loop_, ResolverOptions{.lookup = server()});
  ask("slow");
  ask("slower");
  ask("quick");
  EXPECT_EQ(wait("quick"), "192.0.2.1");
  EXPECT_EQ(resolver_->in_flight(), 2U);
  server_->answer("slower", "192.0.2.3");
  EXPECT_EQ(wait("slower"), "192.0.2.3");
  server_->answer("slow", "2001:db8::2");
  EXPECT_EQ(wait("slow"), "2001:db8::2");
  EXPECT_EQ(resolver_->in_flight(), 0U);
}

TEST_F(ResolverTest, GivesUpInTimeAndDropsWhatComesLater) {
  resolver_.emplace(loop_, ResolverOptions{.lookup = server()});
  ask("slow", 1ms);
  EXPECT_EQ(wait("slow"), "");
  EXPECT_EQ(resolver_->in_flight(), 1U);
  server_->answer("slow", "192.0.2.2");
  EXPECT_TRUE(wait_until_idle());
  EXPECT_TRUE(got_["slow"].empty());
}

TEST_F(ResolverTest, LooksUpOnlySoManyAtATimeTimedOutOnesToo) {
  resolver_.emplace(loop_, ResolverOptions{.max_in_flight = 2, .lookup = server()});
  ask("slow", 1ms);
  ask("slower");
  ask("quick 1");
  EXPECT_EQ(wait("quick 1"), "");
  EXPECT_EQ(wait("slow"), "");
  ask("quick 2");
  EXPECT_EQ(wait("quick 2"), "");
  server_->answer("slow", "192.0.2.2");
  EXPECT_TRUE(loop_.run_until([&] { return resolver_->in_flight() == 1; }, patience));
  ask("quick 3");
  EXPECT_EQ(wait("quick 3"), "192.0.2.1");
  server_->answer("slower", "192.0.2.3");
  EXPECT_EQ(wait("slower"), "192.0.2.3");
}

TEST_F(ResolverTest, ItsEndDropsWhatIsUnderWayWithoutACallAndWithoutWaiting) {
  resolver_.emplace(loop_, ResolverOptions{.max_in_flight = 1, .lookup = server()});
  ask("slow");
  ask("slower");
  resolver_.reset();
  server_->answer("slow", "192.0.2.2");  // its thread finds nobody
  bool later = false;
  const auto timer = loop_.after(1ms, [&] { later = true; });
  EXPECT_TRUE(loop_.run_until([&] { return later; }, patience));
  EXPECT_TRUE(got_.empty());
}

TEST_F(ResolverTest, MayEndInACall) {
  bool called = false;
  resolver_.emplace(loop_, ResolverOptions{.lookup = server()});
  resolver_->resolve("quick", patience, [&](const Addresses&) {
    called = true;
    resolver_.reset();
  });
  EXPECT_TRUE(loop_.run_until([&] { return called; }, patience));
  EXPECT_FALSE(resolver_);
}

}  // namespace
