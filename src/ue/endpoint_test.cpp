#include "ue/endpoint.hpp"

#include <gtest/gtest.h>

#include "net/socket.hpp"
#include "tests/support/ue_party.hpp"

namespace ue {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::Party;

class EndpointTest : public ::testing::Test {
 protected:
  std::unique_ptr<Party> party(Certificate* certificate, Endpoint::Options options = {}) {
    return std::make_unique<Party>(reactor, random, certificate, std::move(options));
  }
  /// Offer and answer without a network; `edit` may play a middlebox with the answer.
  static void exchange(
      Party& offerer, Party& answerer,
      const std::function<std::string(std::string)>& edit = [](std::string sdp) { return sdp; }) {
    const auto offer = offerer.endpoint->make_offer();
    ASSERT_TRUE(offer) << offer.error().why;
    const auto answer = answerer.endpoint->take_offer(*offer);
    ASSERT_TRUE(answer) << answer.error().why;
    const auto taken = offerer.endpoint->take_answer(edit(*answer));
    ASSERT_TRUE(taken) << taken.error().why;
  }
  bool run_until(const std::function<bool()>& condition) { return test::run_until(reactor, condition); }
  static msrp::OutgoingMessage message(std::string text, std::string type = "text/plain") {
    auto out = msrp::text_message(std::move(text), std::move(type));
    out.success_report = true;
    return out;
  }
  static Endpoint::Options with_setup(sdp::Setup setup) {
    Endpoint::Options out;
    out.local.setup = setup;
    return out;
  }

  net::Reactor reactor;
  test::SeededRandom random;
  Certificate alice{"alice"}, bob{"bob"};
};

struct Way {
  std::string name;
  bool tls;
  sdp::Setup offerer;
  sdp::Setup answerer;
  bool answerer_active;
};

class EveryWay : public EndpointTest, public ::testing::WithParamInterface<Way> {};

TEST_P(EveryWay, carries_messages_both_ways_until_both_have_ended_in_order) {
  const auto& way = GetParam();
  auto a = party(way.tls ? &alice : nullptr, with_setup(way.offerer));
  auto b = party(way.tls ? &bob : nullptr, with_setup(way.answerer));
  exchange(*a, *b);
  ASSERT_TRUE(run_until([&] { return a->connected && b->connected; })) << a->why << b->why;
  EXPECT_EQ(b->endpoint->facts().active, way.answerer_active);
  const std::string big(3'000'000, 'x');
  ASSERT_TRUE(a->endpoint->send(message(big)));
  ASSERT_TRUE(b->endpoint->send(message("hello")));
  ASSERT_TRUE(
      run_until([&] { return a->count<msrp::Delivered>() == 1 && b->count<msrp::Delivered>() == 1; }));
  EXPECT_EQ(a->text(), "hello");
  EXPECT_EQ(b->text(), big);
  a->endpoint->close();
  ASSERT_TRUE(run_until([&] { return a->ended && b->ended; }));
  EXPECT_EQ(a->why + b->why, "");
  const auto facts = a->endpoint->facts();
  EXPECT_EQ(facts.transport, way.tls ? "TCP/TLS" : "TCP");
  EXPECT_EQ(facts.tls_version, way.tls ? "TLSv1.3" : "");
  EXPECT_EQ(facts.peer_fingerprint, way.tls ? base::to_string(bob.identity.fingerprint()) : "");
  EXPECT_EQ(facts.peer, b->endpoint->facts().local);
  EXPECT_EQ(facts.counters.sent.octets, b->endpoint->facts().counters.received.octets);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, EveryWay,
    ::testing::Values(Way{"tcp_offerer_active", false, sdp::Setup::actpass, sdp::Setup::actpass, false},
                      Way{"tcp_answerer_active", false, sdp::Setup::actpass, sdp::Setup::active, true},
                      Way{"tls_offerer_active", true, sdp::Setup::active, sdp::Setup::actpass, false},
                      Way{"tls_answerer_active", true, sdp::Setup::passive, sdp::Setup::actpass, true}),
    [](const auto& one) { return one.param.name; });

TEST_F(EndpointTest, an_empty_message_arrives) {
  auto a = party(nullptr), b = party(nullptr);
  exchange(*a, *b);
  ASSERT_TRUE(run_until([&] { return a->connected; }));
  ASSERT_TRUE(a->endpoint->send(message("")));
  ASSERT_TRUE(run_until([&] { return a->count<msrp::Delivered>() == 1; }));
  ASSERT_NE(b->last<msrp::MessageReceived>(), nullptr);
  EXPECT_EQ(b->last<msrp::MessageReceived>()->size, 0U);
}

TEST_F(EndpointTest, session_ids_are_new_each_time_and_long_enough) {
  auto a = party(nullptr), b = party(nullptr);
  EXPECT_GE(a->endpoint->local().session_id.size(), 16U);  // 82 bits; RFC 4975 14.1 wants 80
  EXPECT_NE(a->endpoint->local().session_id, b->endpoint->local().session_id);
}

TEST_F(EndpointTest, the_peer_with_another_certificate_is_refused_by_the_side_that_connects) {
  auto a = party(&alice), b = party(&bob);
  Certificate mallory("mallory");
  exchange(*a, *b, [&](std::string sdp) {
    const auto real = base::to_string(bob.identity.fingerprint());
    sdp.replace(sdp.find(real), real.size(), base::to_string(mallory.identity.fingerprint()));
    return sdp;
  });
  ASSERT_TRUE(run_until([&] { return a->ended && !b->refused.empty(); }));
  EXPECT_NE(a->why.find("fingerprint_mismatch"), std::string::npos) << a->why;
  EXPECT_FALSE(a->connected || b->connected);
  EXPECT_FALSE(b->ended);  // it waits for the right one
}

TEST_F(EndpointTest, a_stranger_with_another_certificate_does_not_keep_the_peer_out) {
  auto a = party(&alice, with_setup(sdp::Setup::active)), b = party(&bob);
  const auto offer = a->endpoint->make_offer();
  const auto answer = b->endpoint->take_offer(*offer);
  ASSERT_TRUE(answer);
  // Mallory answers the same way as alice does, but has a key of her own.
  Certificate mallory("mallory");
  auto m = party(&mallory, with_setup(sdp::Setup::active));
  ASSERT_TRUE(m->endpoint->make_offer());
  ASSERT_TRUE(m->endpoint->take_answer(*answer));
  ASSERT_TRUE(run_until([&] { return m->ended && !b->refused.empty(); }));
  EXPECT_NE(b->refused.front().find("fingerprint_mismatch"), std::string::npos) << b->refused.front();
  ASSERT_TRUE(a->endpoint->take_answer(*answer));
  EXPECT_TRUE(run_until([&] { return a->connected && b->connected; }));
}

TEST_F(EndpointTest, a_port_scan_does_not_keep_the_peer_out) {
  auto a = party(nullptr, with_setup(sdp::Setup::active)), b = party(nullptr);
  const auto offer = a->endpoint->make_offer();
  const auto answer = b->endpoint->take_offer(*offer);
  {
    auto scan = net::connect_tcp({b->endpoint->local().address, b->endpoint->local().port}, {});
    ASSERT_TRUE(scan);
  }
  ASSERT_TRUE(run_until([&] { return !b->refused.empty(); }));
  ASSERT_TRUE(a->endpoint->take_answer(*answer));
  EXPECT_TRUE(run_until([&] { return a->connected && b->connected; }));
}

TEST_F(EndpointTest, strays_that_stay_and_say_nothing_do_not_keep_the_peer_out) {
  auto a = party(nullptr, with_setup(sdp::Setup::active)), b = party(nullptr);
  const auto offer = a->endpoint->make_offer();
  const auto answer = b->endpoint->take_offer(*offer);
  std::vector<net::Fd> strays;
  for (std::size_t i = 0; i <= Endpoint::Options{}.candidates; ++i) {
    auto stray = net::connect_tcp({b->endpoint->local().address, b->endpoint->local().port}, {});
    ASSERT_TRUE(stray);
    strays.push_back(std::move(*stray));
  }
  ASSERT_TRUE(a->endpoint->take_answer(*answer));
  EXPECT_TRUE(run_until([&] { return a->connected && b->connected; }));
}

TEST_F(EndpointTest, nobody_waits_for_ever) {
  Endpoint::Options options;
  options.establish = 20ms;
  auto b = party(nullptr, options);
  auto a = party(nullptr);
  ASSERT_TRUE(b->endpoint->take_offer(*a->endpoint->make_offer()));
  ASSERT_TRUE(run_until([&] { return b->ended; }));
  EXPECT_NE(b->why.find("nobody came to 127.0.0.1:"), std::string::npos) << b->why;
}

TEST_F(EndpointTest, a_peer_that_is_not_there_is_named) {
  auto a = party(nullptr), b = party(nullptr);
  exchange(*a, *b, [&](std::string sdp) {
    const auto closed = net::local_address(*net::listen_tcp({base::IpAddress::v4({127, 0, 0, 1}), 0}))->port;
    const auto port = std::to_string(b->endpoint->local().port);
    sdp.replace(sdp.find("m=message " + port) + 10, port.size(), std::to_string(closed));
    return sdp;
  });
  ASSERT_TRUE(run_until([&] { return a->ended; }));
  EXPECT_NE(a->why.find("cannot connect: Connection refused"), std::string::npos) << a->why;
}

TEST_F(EndpointTest, a_content_type_that_is_not_accepted_is_answered_with_415) {
  Endpoint::Options options;
  options.local.accept_types = {"text/plain"};
  auto a = party(nullptr), b = party(nullptr, options);
  exchange(*a, *b);
  ASSERT_TRUE(run_until([&] { return a->connected; }));
  ASSERT_TRUE(a->endpoint->send(message("<p/>", "text/html")));
  ASSERT_TRUE(run_until([&] { return a->last<msrp::SendFailed>() != nullptr; }));
  EXPECT_EQ(a->last<msrp::SendFailed>()->status, 415);
  EXPECT_EQ(b->count<msrp::MessageReceived>(), 0U);
}

TEST_F(EndpointTest, a_message_above_the_limit_is_answered_with_413) {
  Endpoint::Options options;
  options.max_message = 1000;
  auto a = party(nullptr), b = party(nullptr, options);
  exchange(*a, *b);
  ASSERT_TRUE(run_until([&] { return a->connected; }));
  ASSERT_TRUE(a->endpoint->send(message(std::string(1001, 'x'))));
  ASSERT_TRUE(run_until([&] { return a->last<msrp::SendFailed>() != nullptr; }));
  EXPECT_EQ(a->last<msrp::SendFailed>()->status, 413);
  ASSERT_TRUE(a->endpoint->send(message(std::string(1000, 'x'))));
  EXPECT_TRUE(run_until([&] { return a->count<msrp::Delivered>() == 1; }));
}

/// Never comes to an end by itself.
class Endless : public msrp::Source {
 public:
  std::uint64_t size() const override { return std::uint64_t{1} << 40; }
  std::size_t read(std::uint64_t, std::span<char> out) override {
    std::fill(out.begin(), out.end(), 'x');
    return out.size();
  }
};

TEST_F(EndpointTest, a_message_that_its_sender_stops_is_aborted_and_the_session_lives) {
  auto a = party(nullptr), b = party(nullptr);
  exchange(*a, *b);
  ASSERT_TRUE(run_until([&] { return a->connected; }));
  auto endless = message("");
  endless.source = std::make_unique<Endless>();
  const auto id = a->endpoint->send(std::move(endless));
  ASSERT_TRUE(id);
  ASSERT_TRUE(run_until([&] { return b->last<msrp::Content>() != nullptr; }));
  a->endpoint->abort(*id);
  ASSERT_TRUE(run_until([&] { return b->last<msrp::MessageAborted>() != nullptr; }));
  EXPECT_EQ(b->last<msrp::MessageAborted>()->reason, msrp::MessageAborted::Reason::by_sender);
  ASSERT_TRUE(a->endpoint->send(message("still here")));
  EXPECT_TRUE(run_until([&] { return a->count<msrp::Delivered>() == 1; }));
}

TEST_F(EndpointTest, what_is_on_its_way_when_the_peer_goes_fails) {
  auto a = party(&alice), b = party(&bob);
  exchange(*a, *b);
  ASSERT_TRUE(run_until([&] { return a->connected && b->connected; }));
  auto endless = message("");
  endless.source = std::make_unique<Endless>();
  ASSERT_TRUE(a->endpoint->send(std::move(endless)));
  ASSERT_TRUE(run_until([&] { return b->last<msrp::Content>() != nullptr; }));
  b->endpoint.reset();
  ASSERT_TRUE(run_until([&] { return a->ended; }));
  EXPECT_NE(a->last<msrp::SendFailed>(), nullptr);
  EXPECT_NE(a->why, "");
}

TEST_F(EndpointTest, a_message_to_the_wrong_session_ends_the_sender) {
  auto a = party(nullptr), b = party(nullptr);
  exchange(*a, *b, [&](std::string sdp) {
    const auto& id = b->endpoint->local().session_id;
    return sdp.replace(sdp.find(id), id.size(), "another");
  });
  ASSERT_TRUE(run_until([&] { return a->ended; }));
  EXPECT_NE(a->why.find("481"), std::string::npos) << a->why;
}

TEST_F(EndpointTest, sessmatch_takes_messages_whose_path_names_another_host) {
  Endpoint::Options options;
  options.local.peer = PeerKind::sessmatch;
  auto a = party(nullptr, options), b = party(nullptr, options);
  const auto edit =
      [&](std::string sdp) {  // an ALG that rewrites paths: 127.0.0.1 is the same host by this name
        const auto path = sdp.find("a=path:msrp://127.0.0.1");
        return sdp.replace(path, 23, "a=path:msrp://[::ffff:127.0.0.1]");
      };
  exchange(*a, *b, edit);
  ASSERT_TRUE(run_until([&] { return a->connected && b->connected; })) << a->why;
}

}  // namespace
}  // namespace ue
