// What a gateway tells on its own, and its loss.
#include "iq/remote_gateway.hpp"
#include "tests/support/remote_room.hpp"

namespace iq {
namespace {

using test::added;
using test::e2ae_call;

using RemoteNotices = test::RemoteTest;

TEST_F(RemoteNotices, OurOwnEventsAreToldAsTheyAre) {
  begin();
  room.asks(R"(Context = 17 { Notify = ip/1/core/26 { ObservedEvents = 2 {
    20261123T12010000:xpostern/bearer { ev = refused, scope = termination, cause = "a stray" },
    xpostern/bearer { ev = RELEASED, scope = context, cause = "closed", reason = "peer_closed" } } } })");
  ASSERT_EQ(room.told.size(), 2u);
  EXPECT_EQ(room.told[0].event, Event::refused);
  EXPECT_EQ(room.told[0].termination.value, 2u);
  EXPECT_EQ(room.told[0].cause, "a stray");
  EXPECT_EQ(room.told[1].event, Event::released);
  EXPECT_FALSE(room.told[1].termination);
  EXPECT_EQ(room.told[1].reason, "peer_closed");
  EXPECT_EQ(room.told[1].context.value, 17u);
}

TEST_F(RemoteNotices, StandardEvents) {
  struct Case {
    std::string events;
    std::vector<Event> expected;
    std::string cause;
    std::string termination = "ip/1/access/25";  // TLS
  };
  const std::vector<Case> cases = {
      {"tcpbcc/BNCChange { Type = Est }", {}, ""},
      {"tlsbsc/BNCChange { Type = Est }", {Event::connected}, ""},
      {"tcpbcc/BNCChange { Type = Est }", {Event::connected}, "", "ip/1/core/26"},
      {"tcpbcc/BNCChange { Type = Fail }", {Event::tcp_failed}, ""},
      {"tlsbsc/BNCChange { type = fail }, g/cause { Failurecause = \"bad certificate\" }",
       {Event::tls_failed},
       "bad certificate"},
      {"g/cause { Generalcause = FT, Failurecause = \"x\" }, tcpbcc/BNCChange { Type = Fail }",
       {Event::tcp_failed},
       "x"},
      {"tcpbcc/BNCChange { Type = 3 }, tlsbsc/BNCChange { Type = Rel }, g/cause { Generalcause = NR, "
       "Failurecause = \"closed\" }",
       {Event::released},
       "closed"},
      {"g/cause { Generalcause = NR }", {Event::released}, ""},
      {"adid/ipstop", {Event::silent}, ""},
      {"hangterm/thb", {}, ""},
      {"some/thing { else = 1 }, tcpbcc/other, tcpbcc/BNCChange { Type = Nonsense }, xpostern/bearer { ev = "
       "nothing }",
       {},
       ""},
  };
  begin();
  for (const auto& each : cases) {
    room.told.clear();
    const auto replies = room.asks("Context = 17 { Notify = " + each.termination +
                                   " { ObservedEvents = 1 { " + each.events + " } } }");
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_FALSE(replies[0].descriptors.error);
    std::vector<Event> told;
    for (const auto& notification : room.told) {
      told.push_back(notification.event);
      EXPECT_EQ(notification.cause, each.cause) << each.events;
      EXPECT_EQ(bool(notification.termination), notification.event != Event::released) << each.events;
    }
    EXPECT_EQ(told, each.expected) << each.events;
  }
}

/// Without package tlsbsc TCP's event is all that comes.
TEST_F(RemoteNotices, WithoutTlsEventsTcpIsTheConnection) {
  room.has({"tcpbcc"});
  begin();
  room.asks(
      "Context = 17 { Notify = ip/1/access/25 { ObservedEvents = 1 { tcpbcc/BNCChange { Type = Est } } } }");
  ASSERT_EQ(room.told.size(), 1u);
  EXPECT_EQ(room.told[0].event, Event::connected);
  run(Audit{});
  room.reply("Context = 17 { AuditValue = ip/1/access/25, AuditValue = ip/1/core/26 }");
  EXPECT_EQ(result()->terminations[0].state, TerminationState::connected);
  EXPECT_EQ(result()->terminations[1].state, TerminationState::waiting);
}

TEST_F(RemoteNotices, ATerminationOutOfServiceEndsTheBearer) {
  begin();
  EXPECT_FALSE(room.asks("Context = 17 { ServiceChange = ip/1/core/26 { Services { Method = Restart, Reason "
                         "= \"900\" } } }")[0]
                   .descriptors.error);
  EXPECT_TRUE(room.told.empty());
  room.asks(
      "Context = 17 { ServiceChange = ip/1/core/26 { Services { Method = Forced, Reason = \"906 Loss\" } } "
      "}");
  room.asks("Context = 17 { ServiceChange = * { Services { Method = Forced, Reason = \"906 Loss\" } } }");
  ASSERT_EQ(room.told.size(), 2u);
  EXPECT_EQ(room.told[0].event, Event::released);
  EXPECT_EQ(room.told[0].cause, "906 Loss");
}

TEST_F(RemoteNotices, WhatItAsksOfUnknownTerminationsIsRefused) {
  begin();
  const auto code = [&](const std::string& command) {
    const auto replies = room.asks("Context = 17 { " + command + " }");
    return replies.at(0).descriptors.error ? replies[0].descriptors.error->code : 0;
  };
  EXPECT_EQ(code("Notify = ip/1/core/99 { ObservedEvents = 1 { g/cause } }"), 430);
  EXPECT_EQ(code("AuditValue = ip/1/core/26 { Audit { } }"), 443);
  EXPECT_EQ(code("Subtract = ip/1/core/26"), 443);
  EXPECT_EQ(code("Notify = IP/1/CORE/26 { ObservedEvents = 1 { hangterm/thb } }"), 0);
  EXPECT_TRUE(room.told.empty());
}

TEST_F(RemoteNotices, WhoHearsMayReleaseAtOnce) {
  begin();
  room.gateway.set_listener([&](const auto& notification) {
    room.told.push_back(notification);
    if (notification.event == Event::released) run(Release{});
  });
  room.asks(
      "Context = 17 { Notify = ip/1/core/26 { ObservedEvents = 2 { g/cause } }, Notify = ip/1/access/25 { "
      "ObservedEvents = 1 { g/cause } } }");
  EXPECT_EQ(room.told.size(), 1u);  // it is being released: nothing more is told
  room.reply("Context = 17 { Subtract = * }");
  EXPECT_TRUE(result());
}

TEST_F(RemoteNotices, LosingAllTellsOfEachContextOnce) {
  begin();
  run(Audit{});
  run(Audit{});
  room.run(e2ae_call());
  room.gateway.lose_all("it is gone", "gateway_lost");
  ASSERT_EQ(room.told.size(), 1u);
  EXPECT_EQ(room.told[0].cause, "it is gone");
  EXPECT_EQ(room.told[0].reason, "gateway_lost");
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(room.results[i]->error().code, Errc::unreachable);
  const auto last = room.last_request().id;
  room.reply_to(last, added);  // too late
  EXPECT_TRUE(room.gateway.contexts().empty());
  room.gateway.lose_all("again", "gateway_lost");
  EXPECT_EQ(room.told.size(), 1u);
}

TEST_F(RemoteNotices, AContextThatIsBeingReleasedIsNotToldOf) {
  begin();
  run(Release{});
  room.gateway.lose_all("it is gone", "gateway_lost");
  EXPECT_TRUE(room.told.empty());
  EXPECT_EQ(result().error().code, Errc::unreachable);
}

TEST_F(RemoteNotices, RepliesAfterTheEndReachNobody) {
  h248::Transactions* transactions = &room.transactions;
  {
    RemoteGateway gone({}, *transactions, [&] { return room.now; });
    gone.execute(e2ae_call(), [](const auto&) { FAIL(); });
  }
  room.reply(added);
  EXPECT_TRUE(room.gateway.contexts().empty());
}

TEST_F(RemoteNotices, PackagesCanBeCalledOtherwise) {
  iq::RemoteGateway::Options options;
  options.packages =
      Packages::make({{"tcpbcc/EstBNC", "tcpbcc/EstTCP"}, {"gm", "gm2"}, {"hangterm", "-"}}).value();
  test::RemoteRoom other(options);
  other.run(e2ae_call());
  EXPECT_NE(other.sent().find("gm2/saf = OFF"), std::string::npos) << other.sent();
  EXPECT_EQ(other.sent().find("hangterm"), std::string::npos) << other.sent();
  other.reply(added);
  other.run({ContextId{17}, {Establish{TerminationId{1}}}});
  EXPECT_NE(other.sent().find("tcpbcc/EstTCP"), std::string::npos) << other.sent();
}

}  // namespace
}  // namespace iq
