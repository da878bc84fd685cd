#include "iq/gateway_pool.hpp"

#include <gtest/gtest.h>

#include "tests/support/fake_gateway.hpp"

namespace {

using iq::ContextId;
using iq::Errc;
using iq::GatewayPool;

iq::Request call_between(const std::string& one, const std::string& other) {
  iq::Request out;
  out.procedures.emplace_back(iq::Reserve{one, {}});
  out.procedures.emplace_back(iq::Reserve{other, {}});
  return out;
}

iq::Request on(ContextId context, iq::Procedure procedure) {
  return {context, {std::move(procedure)}};
}

/// Answers when told to, with what the test says.
class Slow : public iq::MediaGateway {
 public:
  void execute(iq::Request request, Done done) override {
    requests.push_back(std::move(request));
    waiting.push_back(std::move(done));
  }
  void set_listener(Listener listener) override { tell = std::move(listener); }
  void answer(base::Result<iq::Reply, iq::Error> reply) {
    const auto done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(reply));
  }
  std::vector<iq::Request> requests;
  std::deque<Done> waiting;
  Listener tell;
};

class Pool : public testing::Test {
 protected:
  Pool() {
    pool.set_listener([this](const auto& notification) { told.push_back(notification); });
  }
  base::Result<iq::Reply, iq::Error> run(iq::Request request) {
    std::optional<base::Result<iq::Reply, iq::Error>> out;
    pool.execute(std::move(request), [&](auto reply) { out = std::move(reply); });
    return out.value();
  }
  ContextId begin(const std::string& one = "access", const std::string& other = "core") {
    return run(call_between(one, other)).value().context;
  }
  test::FakeGateway left, right;
  GatewayPool pool;
  std::vector<iq::Notification> told;
};

TEST_F(Pool, GoesToTheOneWithTheFewestContexts) {
  pool.add(left, {"left", {}, 1});
  pool.add(right, {"right", {}, 1});
  const auto first = begin();
  begin();
  EXPECT_EQ(left.contexts.size(), 1u);
  EXPECT_EQ(right.contexts.size(), 1u);
  begin();
  run(on(first, iq::Release{})).value();
  EXPECT_EQ(left.contexts.size(), 1u);
  begin();
  begin();
  EXPECT_EQ(left.contexts.size(), 2u);
  EXPECT_EQ(right.contexts.size(), 2u);
}

TEST_F(Pool, ContextsThatAreBeingMadeCount) {
  left.answers_later = right.answers_later = true;
  const auto member = pool.add(left, {"left", {}, 1});
  pool.add(right, {"right", {}, 1});
  for (int i = 0; i < 4; ++i) pool.execute(call_between("a", "b"), [](const auto&) {});
  EXPECT_EQ(left.requests.size(), 2u);
  EXPECT_EQ(right.requests.size(), 2u);
  EXPECT_EQ(pool.contexts(member), 2u);
  left.answer_all();
  EXPECT_EQ(pool.contexts(member), 2u);
}

TEST_F(Pool, FailedOnesCountNoMore) {
  const auto member = pool.add(left, {"left", {}, 1});
  left.errors.push_back({Errc::out_of_ports, "Ran out of ports"});
  EXPECT_EQ(run(call_between("a", "b")).error().code, Errc::out_of_ports);
  EXPECT_EQ(pool.contexts(member), 0u);
}

TEST_F(Pool, WeightIsTheShare) {
  pool.add(left, {"left", {}, 3});
  pool.add(right, {"right", {}, 1});
  for (int i = 0; i < 8; ++i) begin();
  EXPECT_EQ(left.contexts.size(), 6u);
  EXPECT_EQ(right.contexts.size(), 2u);
}

TEST_F(Pool, WeightZeroGetsNone) {
  pool.add(left, {"left", {}, 0});
  EXPECT_EQ(run(call_between("a", "b")).error().code, Errc::unreachable);
  pool.add(right, {"right", {}, 1});
  begin();
  EXPECT_EQ(right.contexts.size(), 1u);
}

TEST_F(Pool, OnlyWhoHasTheRealmsIsAsked) {
  pool.add(left, {"left", {"access"}, 100});
  const auto member = pool.add(right, {"right", {"access", "core"}, 1});
  begin("access", "core");
  EXPECT_EQ(right.contexts.size(), 1u);
  begin("access", "access");
  EXPECT_EQ(left.contexts.size(), 1u);
  const auto none = run(call_between("access", "moon"));
  EXPECT_EQ(none.error().code, Errc::unreachable);
  EXPECT_NE(none.error().text.find("'moon'"), std::string::npos) << none.error().text;
  pool.set_traits(member, {"right", {"moon", "access"}, 1});
  begin("access", "moon");
  EXPECT_EQ(right.contexts.size(), 2u);
}

TEST_F(Pool, NobodyIsThere) {
  EXPECT_EQ(run(call_between("a", "b")).error().code, Errc::unreachable);
  EXPECT_EQ(run(on(ContextId{7}, iq::Audit{})).error().code, Errc::unknown_context);
}

TEST_F(Pool, WhoIsNotLiveGetsNoNewContextsAndKeepsTheOldOnes) {
  const auto member = pool.add(left, {"left", {}, 1});
  const auto old = begin();
  pool.set_live(member, false);
  EXPECT_EQ(run(call_between("a", "b")).error().code, Errc::unreachable);
  EXPECT_EQ(run(on(old, iq::Audit{})).value().terminations.size(), 2u);
  pool.set_live(member, true);
  begin();
  EXPECT_EQ(left.contexts.size(), 2u);
}

TEST_F(Pool, AReductionTurnsThatShareAway) {
  const auto member = pool.add(left, {"left", {}, 1});
  pool.set_reduction(member, 75);
  unsigned refused = 0;
  for (int i = 0; i < 40; ++i) {
    const auto reply = run(call_between("a", "b"));
    refused += !reply;
    if (reply) continue;
    EXPECT_EQ(reply.error().code, Errc::out_of_resources);
  }
  EXPECT_EQ(refused, 30u);
  pool.set_reduction(member, 0);
  begin();
  pool.set_reduction(member, 1000);  // 100: none at all
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(run(call_between("a", "b")));
}

TEST_F(Pool, WhoIsOverloadedGetsLessAsLongAsThereAreOthers) {
  const auto member = pool.add(left, {"left", {}, 1});
  pool.set_overload(member, 90);
  for (int i = 0; i < 5; ++i) begin();
  EXPECT_EQ(left.contexts.size(), 5u);
  pool.add(right, {"right", {}, 1});
  for (int i = 0; i < 40; ++i) begin();
  EXPECT_EQ(left.contexts.size(), 5u);
  EXPECT_EQ(right.contexts.size(), 40u);
}

TEST_F(Pool, WhoIsFullHasOthersAsked) {
  pool.add(left, {"left", {}, 100});
  pool.add(right, {"right", {}, 1});
  left.errors.push_back({Errc::out_of_ports, "Ran out of ports"});
  left.errors.push_back({Errc::bad_request, "no"});
  begin();
  EXPECT_EQ(right.contexts.size(), 1u);
  EXPECT_EQ(run(call_between("a", "b")).error().code, Errc::bad_request);  // no better elsewhere
  left.errors.push_back({Errc::unreachable, "silent"});
  right.errors.push_back({Errc::out_of_resources, "full, too"});
  EXPECT_EQ(run(call_between("a", "b")).error().text, "full, too");
}

TEST_F(Pool, WhatOneTurnsAwayGoesToAnother) {
  const auto member = pool.add(left, {"left", {}, 100});
  pool.add(right, {"right", {}, 1});
  pool.set_reduction(member, 50);
  for (int i = 0; i < 10; ++i) begin();
  EXPECT_EQ(left.contexts.size(), 5u);
  EXPECT_EQ(right.contexts.size(), 5u);
}

TEST_F(Pool, NumbersAreThePoolsOwnBothWays) {
  pool.add(left, {"left", {}, 1});
  pool.add(right, {"right", {}, 1});
  const auto one = begin();
  const auto two = begin();
  EXPECT_NE(one, two);  // although each gateway calls its own the first
  EXPECT_EQ(left.contexts.begin()->first, right.contexts.begin()->first);
  left.tell(iq::Event::refused, "left's");
  right.tell(iq::Event::refused, "right's");
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].context, one);
  EXPECT_EQ(told[0].cause, "left's");
  EXPECT_EQ(told[1].context, two);
  const auto audit = run(on(two, iq::Audit{}));
  EXPECT_EQ(audit.value().context, two);
  EXPECT_EQ(left.requests.size(), 1u);  // a context stays where it began
  EXPECT_EQ(right.requests.back().context, right.contexts.begin()->first);
}

TEST_F(Pool, NotificationsOfUnknownContextsAreDropped) {
  pool.add(left, {"left", {}, 1});
  left.notify({ContextId{99}, {}, iq::Event::released, ""});
  EXPECT_TRUE(told.empty());
}

TEST_F(Pool, AContextThatTheGatewayHasForgottenIsForgotten) {
  const auto member = pool.add(left, {"left", {}, 1});
  const auto context = begin();
  left.contexts.clear();
  EXPECT_EQ(run(on(context, iq::Audit{})).error().code, Errc::unknown_context);
  EXPECT_EQ(pool.contexts(member), 0u);
}

TEST_F(Pool, ReleasingEndsItAndItsNumberIsNotGivenAgain) {
  const auto member = pool.add(left, {"left", {}, 1});
  const auto context = begin();
  EXPECT_EQ(run(on(context, iq::Release{})).value().context, context);
  EXPECT_EQ(pool.contexts(member), 0u);
  EXPECT_EQ(run(on(context, iq::Release{})).error().code, Errc::unknown_context);
  EXPECT_NE(begin(), context);
}

TEST_F(Pool, AReleaseThatFailsEndsItToo) {
  const auto member = pool.add(left, {"left", {}, 1});
  for (const auto code : {Errc::unreachable, Errc::bad_request, Errc::not_supported}) {
    const auto context = begin();
    left.errors.push_back({code, "no"});
    EXPECT_EQ(run(on(context, iq::Release{})).error().code, code);
    EXPECT_EQ(pool.contexts(member), 0u);
    EXPECT_EQ(run(on(context, iq::Audit{})).error().code, Errc::unknown_context);
  }
}

TEST_F(Pool, TheLastSubtractEndsIt) {
  Slow slow;
  const auto member = pool.add(slow, {"slow", {}, 1});
  ContextId context;
  pool.execute(call_between("a", "b"), [&](auto reply) { context = reply.value().context; });
  slow.answer(iq::Reply{ContextId{5}, {}, {}});
  pool.execute(on(context, iq::Subtract{iq::TerminationId{1}}), [](const auto&) {});
  slow.answer(iq::Reply{ContextId{5}, {}, {}});
  EXPECT_EQ(pool.contexts(member), 1u);
  // Of a request that fails, what came before the failure is done.
  iq::Request both{context, {iq::Subtract{iq::TerminationId{2}}, iq::Audit{}}};
  pool.execute(both, [](const auto&) {});
  slow.answer(iq::Error{Errc::bad_request, "no", 1});
  EXPECT_EQ(pool.contexts(member), 0u);
}

TEST_F(Pool, AReserveInAnOldContextMakesItLastLonger) {
  Slow slow;
  const auto member = pool.add(slow, {"slow", {}, 1});
  ContextId context;
  pool.execute({{}, {iq::Reserve{"a", {}}}}, [&](auto reply) { context = reply.value().context; });
  slow.answer(iq::Reply{ContextId{5}, {}, {}});
  pool.execute(on(context, iq::Reserve{"b", {}}), [](const auto&) {});
  slow.answer(iq::Reply{ContextId{5}, {}, {}});
  pool.execute(on(context, iq::Subtract{iq::TerminationId{1}}), [](const auto&) {});
  slow.answer(iq::Reply{ContextId{5}, {}, {}});
  EXPECT_EQ(pool.contexts(member), 1u);
}

TEST_F(Pool, ANumberThatTheGatewayGivesAnewIsAnotherContext) {
  Slow slow;
  const auto member = pool.add(slow, {"slow", {}, 1});
  std::vector<ContextId> made;
  for (int i = 0; i < 2; ++i) {
    pool.execute(call_between("a", "b"), [&](auto reply) { made.push_back(reply.value().context); });
    slow.answer(iq::Reply{ContextId{5}, {}, {}});
  }
  EXPECT_EQ(pool.contexts(member), 1u);
  slow.tell({ContextId{5}, {}, iq::Event::released, ""});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].context, made[1]);
  EXPECT_EQ(run(on(made[0], iq::Audit{})).error().code, Errc::unknown_context);
}

TEST_F(Pool, ALostOneIsRemovedWithItsContexts) {
  const auto member = pool.add(left, {"left", {}, 1});
  const auto context = begin();
  left.tell(iq::Event::released, "lost");
  EXPECT_EQ(told.size(), 1u);
  pool.remove(member);
  EXPECT_EQ(run(on(context, iq::Release{})).error().code, Errc::unknown_context);
  EXPECT_EQ(run(call_between("a", "b")).error().code, Errc::unreachable);
  EXPECT_NE(pool.add(left, {"left", {}, 1}), member);
}

TEST_F(Pool, AReplyFromOneThatHasBeenRemovedIsNoContext) {
  Slow slow;
  const auto member = pool.add(slow, {"slow", {}, 1});
  std::optional<Errc> code;
  pool.execute(call_between("a", "b"), [&](auto reply) { code = reply.error().code; });
  pool.remove(member);
  slow.answer(iq::Reply{ContextId{5}, {}, {}});
  EXPECT_EQ(code, Errc::unreachable);
}

}  // namespace
