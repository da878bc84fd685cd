#pragma once
// The MGC end, and gateways that the test plays by writing texts.
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "iq/controller_end.hpp"
#include "tests/support/controller_room.hpp"
#include "tests/support/transaction_end.hpp"

namespace test {

inline const h248::Route first_place{.peer = *base::Address::parse("192.0.2.20:2944")};
inline const h248::Route second_place{.peer = *base::Address::parse("192.0.2.21:2944")};
inline const std::string first_name = "[192.0.2.20]:2944";

inline iq::ControllerEnd::Options usual() {
  iq::ControllerEnd::Options out;
  out.own = {.text = "192.0.2.1", .port = 2944};
  out.allow = {*base::Network::parse("192.0.2.0/24")};
  out.print.form = h248::Form::compact;
  return out;
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// The MGC end, and gateways that the test plays.
class MgcTest : public testing::Test {
 protected:
  MgcTest() { make(usual()); }
  void make(iq::ControllerEnd::Options options) {
    end.reset();
    end = std::make_unique<iq::ControllerEnd>(std::move(options), pool, wire, random, log);
    pool.set_listener([this](const auto& notification) { told.push_back(notification); });
  }

  void says(const std::string& transactions, const h248::Route& from = first_place,
            const std::string& name = first_name) {
    end->receive("MEGACO/2 " + name + "\n" + transactions, from, now);
  }
  static std::string change(const std::string& method, unsigned id = 1, const std::string& more = "") {
    return "Transaction=" + std::to_string(id) + "{Context=-{ServiceChange=ROOT{Services{Method=" + method +
           ",Reason=\"901 Cold Boot\"" + more + "}}}}";
  }
  /// The next message that was sent, without its header; empty: none.
  std::string next() {
    for (auto& each : wire.take()) unread.push_back(std::move(each));
    if (unread.empty()) return "";
    auto out = unread.front();
    unread.pop_front();
    return out;
  }
  /// Replies to the next message, which must be a request that has `part`: "C=-{...}".
  void expect(const std::string& part, const std::string& reply, const h248::Route& from = first_place,
              const std::string& name = first_name) {
    const auto text = next();
    EXPECT_TRUE(has(text, part)) << text;
    if (text.starts_with("T="))
      says("Reply=" + text.substr(2, text.find('{') - 2) + "{" + reply + "}", from, name);
  }
  /// What a gateway with these packages and no contexts is asked.
  void audits(const std::string& packages = "tcpbcc-1", const h248::Route& from = first_place,
              const std::string& name = first_name) {
    expect("C=-{AV=ROOT{AT{PG}}}", "C=-{AV=ROOT{PG{" + packages + "}}}", from, name);
    expect("C=*{AV=*{AT{}}}", "C=*{AV=*{ER=431{\"none\"}}}", from, name);
  }
  void registers(const h248::Route& from = first_place, const std::string& name = first_name) {
    says(change("Restart"), from, name);
    EXPECT_TRUE(has(next(), "P=1{C=-{SC=ROOT"));
    audits("tcpbcc-1", from, name);
    EXPECT_EQ(next(), "");
  }
  void pass(base::Duration time) {
    now += time;
    if (end->deadline() <= now) end->on_time(now);
  }
  std::string state(std::size_t which = 0) const {
    const auto all = end->status();
    return which < all.size() ? all[which].state : "none";
  }
  /// A context of one termination; what comes of it is in `outcomes`.
  void reserve() {
    outcomes.emplace_back();
    pool.execute({{}, {iq::Reserve{"access", {}}}},
                 [this, at = outcomes.size() - 1](auto result) { outcomes[at] = std::move(result); });
  }
  static std::string added(unsigned context, unsigned id = 1) {
    return "C=" + std::to_string(context) + "{A=ip/1/access/" + std::to_string(id) +
           "{M{ST=1{L{v=0\nc=IN IP4 192.0.2.20\nm=message 2000 TCP -\n}}}}}";
  }
  void serves(unsigned context) {
    reserve();
    expect("C=${A=ip/1/access/$", added(context));
    ASSERT_TRUE(outcomes.back() && *outcomes.back());
  }

  KeptWire wire;
  SeededRandom random;
  MemoryLog log;
  iq::GatewayPool pool;
  base::Time now{std::chrono::hours(1)};
  std::unique_ptr<iq::ControllerEnd> end;
  std::deque<std::string> unread;
  std::vector<iq::Notification> told;
  std::vector<std::optional<base::Result<iq::Reply, iq::Error>>> outcomes;
};

}  // namespace test
