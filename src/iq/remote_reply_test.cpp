// What replies mean, the order of requests, and failures.
#include "iq/remote_gateway.hpp"
#include "tests/support/remote_room.hpp"

namespace iq {
namespace {

using std::chrono::seconds;
using test::config;
using test::e2ae_call;

using RemoteReplies = test::RemoteTest;

TEST_F(RemoteReplies, AReleaseBringsTheTotals) {
  begin();
  run(Release{});
  EXPECT_EQ(room.sent(), R"(Context = 17 {
  Subtract = * {
    Audit {
      Statistics
    }
  }
}
)");
  room.reply(
      "Context = 17 { Subtract = IP/1/ACCESS/25 { Statistics { nt/dur = 5000, nt/or = 11, NT/OS = 12 } }, "
      "Subtract = ip/1/core/26 { Statistics { nt/or = 13 } } }");
  const auto& reply = *result();
  EXPECT_EQ(reply.context.value, 17u);
  ASSERT_EQ(reply.terminations.size(), 2u);
  EXPECT_EQ(reply.terminations[0].termination.value, 1u);
  EXPECT_EQ(reply.terminations[0].counters.octets_in, 11u);
  EXPECT_EQ(reply.terminations[0].counters.octets_out, 12u);
  // What it does not tell is known here.
  EXPECT_EQ(reply.terminations[0].realm, "access");
  EXPECT_EQ(reply.terminations[0].transport, Transport::tcp_tls);
  EXPECT_EQ(reply.terminations[0].local.to_string(), "203.0.113.5:30010");
  EXPECT_EQ(reply.terminations[1].counters.octets_in, 13u);
  EXPECT_TRUE(room.gateway.contexts().empty());
  run(Audit{});
  EXPECT_EQ(result().error().code, Errc::unknown_context);
}

TEST_F(RemoteReplies, ATerminationThatIsNotToldOfIsAudited) {
  begin();
  run(Audit{});
  EXPECT_NE(room.sent().find("AuditValue = * {\n    Audit {\n      Media,\n      Statistics\n"),
            std::string::npos)
      << room.sent();
  room.reply(
      "Context = 17 { AuditValue = ip/1/core/26 { Statistics { xpostern/st = \"connected\", xpostern/peer = "
      "\"10.9.9.9:1\", xpostern/cause = \"why\" } } }");
  ASSERT_EQ(result()->terminations.size(), 2u);
  EXPECT_EQ(result()->terminations[0].state, TerminationState::waiting);
  EXPECT_EQ(result()->terminations[1].state, TerminationState::connected);
  EXPECT_EQ(result()->terminations[1].peer->to_string(), "10.9.9.9:1");
  EXPECT_EQ(result()->terminations[1].realm, "core");
  EXPECT_EQ(room.gateway.contexts().size(), 1u);
}

TEST_F(RemoteReplies, OneReplyForAll) {
  begin();
  run(Release{});
  room.reply("Context = 17 { Subtract = * }");
  ASSERT_EQ(result()->terminations.size(), 2u);
  EXPECT_EQ(result()->terminations[1].realm, "core");
}

TEST_F(RemoteReplies, SubtractTakesOneAndTheLastEndsTheContext) {
  begin();
  run(Subtract{TerminationId{1}});
  EXPECT_NE(room.sent().find("Subtract = ip/1/access/25 {"), std::string::npos) << room.sent();
  room.reply("Context = 17 { Subtract = ip/1/access/25 { Statistics { nt/or = 7 } } }");
  ASSERT_EQ(result()->terminations.size(), 1u);
  EXPECT_EQ(result()->terminations[0].counters.octets_in, 7u);
  run(Configure{TerminationId{1}, {}});
  EXPECT_EQ(result().error().code, Errc::unknown_termination);
  run(Reserve{"core", {}});  // numbers are not given twice
  room.reply(
      "Context = 17 { Add = ip/1/core/27 { Media { Local {\nv=0\nc=IN IP4 10.1.1.5\nm=message 3 TCP -\n} } } "
      "}");
  EXPECT_EQ(result()->reserved.at(0).termination.value, 3u);
  run(Subtract{TerminationId{2}});
  room.reply("Context = 17 { Subtract = ip/1/core/26 }");
  run(Subtract{TerminationId{3}});
  room.reply("Context = 17 { Subtract = ip/1/core/27 }");
  EXPECT_TRUE(result());
  EXPECT_TRUE(room.gateway.contexts().empty());
}

TEST_F(RemoteReplies, RequestsOfAContextGoOneByOne) {
  begin();
  const auto sent = room.requests();
  run(Audit{});
  run(Configure{TerminationId{1}, config([](auto& c) { c.mode = StreamMode::inactive; })});
  run(Release{});
  run(Audit{});
  EXPECT_EQ(room.requests(), sent + 1);
  room.reply("Context = 17 { AuditValue = ip/1/access/25, AuditValue = ip/1/core/26 }");
  EXPECT_EQ(room.requests(), sent + 2);
  EXPECT_TRUE(room.results[1]);
  room.reply("Context = 17 { Modify = ip/1/access/25 }");
  EXPECT_NE(room.sent().find("Subtract"), std::string::npos);
  room.reply("Context = 17 { Subtract = * }");
  ASSERT_TRUE(room.results[4]);  // it waited for a context that has ended
  EXPECT_EQ(room.results[4]->error().code, Errc::unknown_context);
  EXPECT_EQ(room.requests(), sent + 3);
  room.run(e2ae_call());  // other contexts do not wait
  room.run(e2ae_call());
  EXPECT_EQ(room.requests(), sent + 5);
}

TEST_F(RemoteReplies, ARequestThatIsMadeInsideAReplyWaitsItsTurn) {
  begin();
  std::vector<int> order;
  room.gateway.execute({ContextId{17}, {Audit{}}}, [&](const auto&) {
    order.push_back(1);
    room.gateway.execute({ContextId{17}, {Audit{}}}, [&](const auto&) { order.push_back(3); });
  });
  room.gateway.execute({ContextId{17}, {Audit{}}}, [&](const auto&) { order.push_back(2); });
  for (int i = 0; i < 3; ++i) room.reply("Context = 17 { AuditValue = ip/1/access/25 }");
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST_F(RemoteReplies, AContextThatCannotBeMadeWholeIsGivenBackFirst) {
  room.run(e2ae_call());
  const auto add = room.last_request().id;
  room.reply(
      "Context = 17 { Add = ip/1/access/25 { Media { Local {\nv=0\nc=IN IP4 1.2.3.4\nm=message 5 TCP/TLS "
      "-\n} } }, "
      "Add = ip/1/core/$ { Error = 510 { \"Ran out of ports\" } } }");
  EXPECT_NE(room.last_request().id, add);
  EXPECT_EQ(room.sent(), "Context = 17 {\n  W-Subtract = * {\n    Audit { }\n  }\n}\n");
  EXPECT_FALSE(room.results[0]);
  EXPECT_TRUE(room.gateway.is_beginning());
  room.reply("Context = 17 { Subtract = * }");
  ASSERT_TRUE(room.results[0]);
  EXPECT_EQ(result().error().code, Errc::out_of_ports);
  EXPECT_EQ(result().error().text, "Ran out of ports");
  EXPECT_EQ(result().error().procedure, 1u);
  EXPECT_FALSE(room.gateway.is_beginning());
  EXPECT_TRUE(room.gateway.contexts().empty());
}

TEST_F(RemoteReplies, WhereNothingWasAddedNothingIsGivenBack) {
  room.run(e2ae_call());
  room.reply("Context = 17 { Add = ip/1/access/$ { Error = 510 { \"Parallel session limit reached\" } } }");
  EXPECT_EQ(room.requests(), 1u);
  EXPECT_EQ(result().error().code, Errc::out_of_resources);
  EXPECT_EQ(result().error().procedure, 0u);
}

TEST_F(RemoteReplies, RepliesToAddThatMeanNothingAreErrors) {
  const std::vector<std::string> adds = {
      "Add = a/1",
      "Add = a/* { Media { Local {\nv=0\nc=IN IP4 1.2.3.4\nm=message 5 TCP -\n} } }",
      "Add = a/$ { Media { Local {\nv=0\nc=IN IP4 1.2.3.4\nm=message 5 TCP -\n} } }",
      "Add = a/1 { Media { Local {\nnonsense\n} } }",
      "Add = a/1 { Media { Local { } } }",
      "Add = a/1 { Media { Local {\nv=0\nc=IN IP4 $\nm=message $ TCP -\n} } }",
      "Add = a/1 { Media { Local {\nv=0\nc=IN IP4 1.2.3.4\nm=message 0 TCP -\n} } }",
      "Modify = a/1",
  };
  for (const auto& add : adds) {
    test::RemoteRoom other;
    other.run({{}, {Reserve{"core", {}}}});
    other.reply("Context = 5 { " + add + " }");
    if (other.requests() == 2) other.reply("Context = 5 { Subtract = * }");
    ASSERT_TRUE(other.results[0]) << add;
    ASSERT_FALSE(*other.results[0]) << add;
    EXPECT_EQ(other.results[0]->error().code, Errc::bad_request) << add;
    EXPECT_TRUE(other.gateway.contexts().empty()) << add;
  }
  test::RemoteRoom no_path;
  no_path.run({{}, {Reserve{"core", config([](auto& c) { c.transport = Transport::tcp_msrp; }), "abc"}}});
  no_path.reply(
      "Context = 5 { Add = a/1 { Media { Local {\nv=0\nc=IN IP4 1.2.3.4\nm=message 5 TCP/MSRP *\n} } } }");
  no_path.reply("Context = 5 { Subtract = * }");
  EXPECT_FALSE(*no_path.results[0]);
}

TEST_F(RemoteReplies, AContextWithoutANumberIsNone) {
  room.run({{}, {Reserve{"core", {}}}});
  room.reply("Context = - { Add = a/1 { Media { Local {\nv=0\nc=IN IP4 1.2.3.4\nm=message 5 TCP -\n} } } }");
  EXPECT_EQ(result().error().code, Errc::bad_request);
}

TEST_F(RemoteReplies, InAnOlderContextWhatCameBeforeAFailureStaysDone) {
  begin();
  room.run({ContextId{17},
            {Configure{TerminationId{1}, config([](auto& c) { c.mode = StreamMode::inactive; })},
             Configure{TerminationId{2}, config([](auto& c) { c.mode = StreamMode::inactive; })}}});
  room.reply("Context = 17 { Modify = ip/1/access/25, Modify = ip/1/core/26 { Error = 449 { \"no\" } } }");
  EXPECT_EQ(result().error().procedure, 1u);
  EXPECT_EQ(result().error().code, Errc::bad_request);
  const auto mode_of = [&](unsigned leg) {
    run(Configure{TerminationId{leg}, config([](auto& c) { c.dscp = 1; })});
    const auto text = room.sent();
    room.reply("Context = 17 { Modify = x }");
    return text.substr(text.find("Mode = "), 15);
  };
  EXPECT_EQ(mode_of(1), "Mode = Inactive");
  EXPECT_EQ(mode_of(2), "Mode = SendRece");
}

TEST_F(RemoteReplies, ErrorsMeanWhatTheyMeant) {
  const std::vector<std::pair<std::string, Errc>> cases = {
      {"510 { \"Ran out of ports\" }", Errc::out_of_ports},
      {"432 { \"none left\" }", Errc::out_of_ports},
      {"510 { }", Errc::out_of_resources},
      {"526 { }", Errc::out_of_resources},
      {"412 { }", Errc::out_of_resources},
      {"502 { }", Errc::out_of_resources},
      {"503 { }", Errc::out_of_resources},
      {"511 { }", Errc::out_of_resources},
      {"430 { }", Errc::unknown_termination},
      {"431 { }", Errc::unknown_termination},
      {"435 { }", Errc::unknown_termination},
      {"449 { \"Unsupported value: no Realm moon\" }", Errc::unknown_realm},
      {"449 { \"Unsupported value\" }", Errc::bad_request},
      {"501 { }", Errc::not_supported},
      {"440 { }", Errc::not_supported},
      {"444 { }", Errc::not_supported},
      {"445 { }", Errc::not_supported},
      {"515 { }", Errc::not_supported},
      {"506 { }", Errc::unreachable},
      {"500 { }", Errc::bad_request},
      {"999 { }", Errc::bad_request},
  };
  begin();
  for (const auto& [error, code] : cases) {
    // Of the transaction, of the action, and of the command.
    for (const auto& reply : {"Error = " + error, "Context = 17 { Error = " + error + " }",
                              "Context = 17 { Modify = ip/1/access/25 { Error = " + error + " } }"}) {
      run(Restart{TerminationId{1}});
      room.reply(reply);
      ASSERT_FALSE(result()) << reply;
      EXPECT_EQ(result().error().code, code) << reply;
      EXPECT_FALSE(result().error().text.empty()) << reply;
    }
  }
  run(Restart{TerminationId{1}});
  room.reply("Error = 510 { }");
  EXPECT_EQ(result().error().text, "H.248 error 510");
  // The context is gone for who asked; nobody else is told.
  run(Restart{TerminationId{1}});
  room.reply("Context = 17 { Error = 411 { } }");
  EXPECT_EQ(result().error().code, Errc::unknown_context);
  EXPECT_TRUE(room.gateway.contexts().empty());
  EXPECT_TRUE(room.told.empty());
}

TEST_F(RemoteReplies, NoReplyIsUnreachable) {
  begin();
  run(Audit{});
  room.pass(seconds(20));
  EXPECT_EQ(result().error().code, Errc::unreachable);
  EXPECT_EQ(room.gateway.contexts().size(), 1u);
  run(Release{});
  room.pass(seconds(20));
  EXPECT_EQ(result().error().code, Errc::unreachable);
  EXPECT_TRUE(room.gateway.contexts().empty());  // nobody will ask for it again
  room.run(e2ae_call());
  room.transactions.cancel_all();
  EXPECT_EQ(result().error().code, Errc::unreachable);
}

TEST_F(RemoteReplies, RequestsThatMakeNoSenseAreNotSent) {
  room.run({{}, {}});
  EXPECT_EQ(result().error().code, Errc::bad_request);
  room.run({{}, {Audit{}}});
  EXPECT_EQ(result().error().code, Errc::bad_request);
  room.run({{}, {Reserve{"core", {}}, Configure{TerminationId{1}, {}}}});  // it has no name yet
  EXPECT_EQ(result().error().code, Errc::unknown_termination);
  room.run({ContextId{9}, {Audit{}}});
  EXPECT_EQ(result().error().code, Errc::unknown_context);
  EXPECT_EQ(room.requests(), 0u);
  begin();
  room.run({ContextId{17}, {}});
  EXPECT_TRUE(result());
  EXPECT_EQ(room.requests(), 1u);
}

TEST_F(RemoteReplies, ANumberThatIsGivenAnewEndsTheOlderContext) {
  begin();
  begin();
  ASSERT_EQ(room.told.size(), 1u);
  EXPECT_EQ(room.told[0].event, Event::released);
  EXPECT_EQ(room.gateway.contexts().size(), 1u);
}

TEST_F(RemoteReplies, AReplyToARequestOfTheOlderContextIsNotTheNewOnes) {
  begin();
  run(Release{});
  const auto release = room.last_request().id;
  begin();
  run(Audit{});
  const auto audit = room.last_request().id;
  run(Restart{TerminationId{1}});  // waits for the audit
  room.reply_to(release, "Context = 17 { Subtract = ip/1/access/25, Subtract = ip/1/core/26 }");
  EXPECT_EQ(room.results.at(1)->error().code, Errc::unknown_context);
  EXPECT_EQ(room.gateway.contexts().size(), 1u);
  EXPECT_EQ(room.last_request().id, audit);
  room.reply_to(audit, "Context = 17 { AuditValue = ip/1/access/25, AuditValue = ip/1/core/26 }");
  EXPECT_TRUE(room.results.at(3).value());
  EXPECT_NE(room.last_request().id, audit);
}

}  // namespace
}  // namespace iq
