#include "tests/support/gateway_end_rig.hpp"

using namespace test;

namespace {

using Rig = GatewayEndRig;

iq::GatewayEnd::Options quick_options() {
  auto out = usual_options();
  out.timers.give_up = 5s;
  out.silence = 0s;
  out.orphan = 0s;
  return out;
}

/// With a context, and an event of it under way that the controller does not answer.
void tell_and_lose(Rig& rig) {
  rig.settle();
  rig.add_context();
  rig.gateway.tell(iq::Event::released);
  EXPECT_EQ(rig.next().summary(), "Forced 906");
}

TEST(Lost, AnUnansweredRequestLosesTheController) {
  auto options = quick_options();
  options.orphan = 1h;
  Rig rig(options);
  tell_and_lose(rig);
  rig.run(4s);
  EXPECT_EQ(rig.state(), "registered");
  const auto& request = rig.next();
  EXPECT_EQ(request.to, first);
  EXPECT_EQ(request.summary(), "Disconnected 900 v2");
  EXPECT_EQ(rig.state(), "disconnected");
  EXPECT_EQ(rig.end.counters().lost, 1U);
  EXPECT_EQ(rig.end.status().at(0).last_error, "no answer");
  EXPECT_EQ(rig.end.status().at(0).contexts, 1U);
}

TEST(Lost, ContextsAreKeptAndEventsToldAgain) {
  auto options = quick_options();
  options.orphan = 1h;
  Rig rig(options);
  tell_and_lose(rig);
  EXPECT_EQ(rig.next().summary(), "Disconnected 900 v2");
  EXPECT_EQ(rig.asked.size(), 3U);
  rig.accept(rig.asked.back());
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
  EXPECT_EQ(rig.next(0s).summary(), "Forced 906");
}

TEST(Lost, AnEventIsToldThreeTimesAndNotForEver) {
  auto options = quick_options();
  options.orphan = 1h;
  Rig rig(options);
  tell_and_lose(rig);
  for (int i = 0; i < 2; ++i) {
    const auto request = rig.next();
    EXPECT_EQ(request.summary(), "Disconnected 900 v2");
    rig.accept(request);
    EXPECT_EQ(rig.next(0s).summary(), "Forced 906");
  }
  rig.accept(rig.next());
  const auto at = rig.asked.size();
  rig.run(1min);
  EXPECT_EQ(rig.asked.size(), at);
  EXPECT_EQ(rig.state(), "registered");
}

TEST(Lost, TheOthersAreAskedNextWithFailover) {
  auto options = quick_options();
  options.orphan = 1h;
  Rig rig(options);
  tell_and_lose(rig);
  EXPECT_EQ(rig.next().summary(), "Disconnected 900 v2");
  const auto request = rig.next();
  EXPECT_EQ(request.to, second);
  EXPECT_EQ(request.summary(), "Failover 909 v2");
  rig.accept(request);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.next(0s).to, second);  // the event
  EXPECT_TRUE(rig.serves(second));
  EXPECT_FALSE(rig.serves(first));
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
}

TEST(Lost, WhoWasNamedByAnotherIsAskedFirst) {
  auto options = quick_options();
  options.orphan = 1h;
  Rig rig(options);
  rig.start();
  rig.accept(rig.next(), "MG=[192.0.2.3]:2944");
  rig.accept(rig.next());
  rig.command(third, "C=${A=ip/1/access/${M{O{MO=SR},L{\nv=0\nc=IN IP4 $\nm=message $ TCP -\n}}}}");
  rig.gateway.tell(iq::Event::released);
  rig.next();
  EXPECT_EQ(rig.next().summary(), "Disconnected 900 v2");
  EXPECT_EQ(rig.asked.back().to, third);
  EXPECT_EQ(rig.next().to, first);
  EXPECT_EQ(rig.asked.back().summary(), "Failover 909 v2");
  EXPECT_EQ(rig.next().to, second);
}

TEST(Lost, WhoHasForgottenUsSaysSo) {
  for (const unsigned code : {402U, 504U, 505U}) {
    Rig rig(quick_options());
    tell_and_lose(rig);
    rig.refuse(rig.asked.back(), code);
    EXPECT_EQ(rig.next(0s).summary(), "Disconnected 900 v2");
  }
  Rig rig(quick_options());
  rig.settle();
  rig.from(first, "ER=505{}");
  EXPECT_EQ(rig.next(0s).summary(), "Disconnected 900 v2");
}

TEST(Lost, OtherErrorsAreTheEventsOwn) {
  Rig rig(quick_options());
  tell_and_lose(rig);
  rig.refuse(rig.asked.back(), 500);
  rig.from(first, "ER=400{}");
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.counters().lost, 0U);
}

TEST(Lost, ItsTransactionIdsBeginAnew) {
  Rig rig(quick_options());
  rig.settle();
  rig.from(first, "T=7{C=-{AV=ROOT{AT{}}}}");
  EXPECT_NE(rig.reply_to(7).find("AV=ROOT"), std::string::npos);
  rig.from(first, "ER=505{}");
  rig.accept(rig.next());
  rig.replies.clear();
  rig.from(first, "T=7{C=99{S=*}}");
  EXPECT_NE(rig.reply_to(7).find("ER=411"), std::string::npos);
}

TEST(Lost, AControllerMayComeBackWithAnotherName) {
  Rig rig(quick_options());
  rig.settle();
  rig.from(first, "ER=505{}");
  rig.receive(first, "!/1 mgc7 P=" + std::to_string(rig.next().id) + "{C=-{SC=ROOT}}");
  EXPECT_EQ(rig.end.status().at(0).peer, "mgc7");
  EXPECT_EQ(rig.log.count("h248_other_name"), 0);
}

TEST(Lost, EventsThatWaitHaveALimit) {
  auto options = quick_options();
  options.orphan = 1h;
  options.timers.in_flight = 2;
  Rig rig(options);
  rig.settle();
  rig.add_context();
  rig.from(first, "ER=505{}");
  const auto request = rig.next();
  for (int i = 0; i < 5; ++i) rig.gateway.tell(iq::Event::released);
  rig.accept(request);
  rig.run(1s);
  EXPECT_EQ(rig.asked.size() - rig.taken, 2U);
}

TEST(Connections, ThatEndLoseTheController) {
  auto options = quick_options();
  options.orphan = 1h;
  const h248::Route tcp{h248::Carrier::tcp, at("192.0.2.1:2944")};
  options.controllers = {tcp};
  Rig rig(options);
  rig.start();
  const auto restart = rig.next();
  auto connection = tcp;
  connection.connection = 5;
  rig.receive(connection, "!/1 mgc1 P=" + std::to_string(restart.id) + "{C=-{SC=ROOT{SV{V=2}}}}");
  ASSERT_EQ(rig.state(), "registered");
  rig.add_context();
  rig.end.route_lost({h248::Carrier::tcp, at("192.0.2.1:50000"), 0, 4}, rig.now);
  EXPECT_EQ(rig.state(), "registered");
  rig.end.route_lost(connection, rig.now);
  EXPECT_EQ(rig.next(0s).summary(), "Disconnected 900 v2");
  rig.end.route_lost(tcp, rig.now);
  EXPECT_EQ(rig.state(), "disconnected");
  const auto again = rig.next();
  EXPECT_EQ(again.summary(), "Disconnected 900 v2");
  rig.reply(again, "C=-{SC=ROOT}");
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
}

TEST(Silence, IsAskedAbout) {
  auto options = quick_options();
  options.silence = 30s;
  Rig rig(options);
  rig.settle();
  rig.run(20s);
  EXPECT_TRUE(rig.serves(first));
  rig.run(29s);
  EXPECT_EQ(rig.asked.size(), 1U);
  const auto& probe = rig.next(2s);
  EXPECT_EQ(probe.summary(), "Disconnected 900 v2");
  EXPECT_EQ(probe.header, 2U);
  EXPECT_TRUE(rig.serves(first));
  rig.accept(probe);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.end.counters().lost, 0U);
  rig.run(29s);
  EXPECT_EQ(rig.asked.size(), 2U);
}

TEST(Silence, WithoutAnswerIsALostController) {
  auto options = quick_options();
  options.silence = 30s;
  Rig rig(options);
  rig.settle();
  EXPECT_EQ(rig.next().summary(), "Disconnected 900 v2");
  rig.run(4s);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.next().summary(), "Disconnected 900 v2");
  EXPECT_EQ(rig.state(), "disconnected");
}

TEST(Silence, AnErrorThatIsNot505IsAnAnswer) {
  for (const auto& [code, state] : {std::pair{501U, "registered"}, std::pair{505U, "disconnected"}}) {
    auto options = quick_options();
    options.silence = 30s;
    Rig rig(options);
    rig.settle();
    rig.refuse(rig.next(), code);
    EXPECT_EQ(rig.state(), state);
  }
}

TEST(Silence, IsNotifiedWhereTheControllerHasAsked) {
  auto options = quick_options();
  options.silence = 30s;
  Rig rig(options);
  rig.settle();
  EXPECT_NE(rig.ask(first, "C=-{MF=ROOT{E=9{it/ito{mit=1000}}}}").find("MF=ROOT"), std::string::npos);
  rig.run(9s);
  const auto& request = rig.next(1s);
  EXPECT_EQ(request.action.context, h248::null_context);
  EXPECT_EQ(request.command().name, h248::CommandName::notify);
  EXPECT_TRUE(request.command().termination.is_root());
  const auto& observed = *request.command().descriptors.observed_events;
  EXPECT_EQ(observed.request.value, 9U);
  EXPECT_EQ(observed.events.at(0).name, (h248::PackagedName{"it", "ito"}));
  rig.reply(request, "C=-{N=ROOT}");
  EXPECT_EQ(rig.next(10s).command().name, h248::CommandName::notify);
  // Not answered: lost, and nobody is told of an old silence.
  const auto& again = rig.next();
  EXPECT_EQ(again.summary(), "Disconnected 900 v2");
  rig.accept(again);
  EXPECT_EQ(rig.taken, rig.asked.size());
}

TEST(Silence, NobodyAsksWithZero) {
  Rig rig(quick_options());
  rig.settle();
  rig.run(1h);
  EXPECT_EQ(rig.asked.size(), 1U);
}

TEST(Orphans, AreReleasedAndTheNextRegistrationIsARestart) {
  auto options = quick_options();
  options.orphan = 30s;
  Rig rig(options);
  tell_and_lose(rig);
  EXPECT_EQ(rig.next().summary(), "Disconnected 900 v2");
  rig.run(29s);
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
  rig.run(1s);
  EXPECT_EQ(rig.gateway.contexts.size(), 0U);
  EXPECT_EQ(rig.log.count("h248_orphaned"), 1);
  rig.taken = rig.asked.size();
  const auto request = rig.next();
  EXPECT_EQ(request.summary(), "Restart 902 v2");
  rig.accept(request);
  EXPECT_EQ(rig.state(), "registered");
  EXPECT_EQ(rig.taken, rig.asked.size());
}

TEST(Orphans, AreNoneOnceAControllerIsFound) {
  auto options = quick_options();
  options.orphan = 30s;
  Rig rig(options);
  tell_and_lose(rig);
  rig.accept(rig.next());
  rig.reply(rig.next(), "C=1{SC=ip/1/access/1}");
  rig.run(1h);
  EXPECT_EQ(rig.gateway.contexts.size(), 1U);
}

TEST(Wake, IsCalledWhereAnEventComesBetweenTheOwnersCalls) {
  auto options = quick_options();
  int woken = 0;
  options.wake = [&] { ++woken; };
  Rig rig(options);
  rig.settle();
  rig.add_context();
  EXPECT_EQ(woken, 0);
  rig.run(1h);
  rig.gateway.tell(iq::Event::released);
  EXPECT_EQ(woken, 1);
  EXPECT_LE(rig.end.deadline(), rig.now);
  // And its timers begin with the time of the call that sends it.
  rig.end.on_time(rig.now);
  EXPECT_EQ(rig.next(0s).summary(), "Forced 906");
  rig.run(4s);
  EXPECT_EQ(rig.state(), "registered");
}

}  // namespace
