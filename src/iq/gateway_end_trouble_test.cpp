// Controllers that do anything at any time.
#include "tests/support/gateway_end_rig.hpp"

using namespace test;

namespace {

using Rig = GatewayEndRig;

class Trouble {
 public:
  explicit Trouble(std::uint64_t seed) : dice_(seed), rig(options(seed), seed) { rig.start(); }

  void step() {
    rig.run(std::chrono::milliseconds(dice_.next_u64() % 1000));
    const auto& who = controllers()[below(4)];
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return rig.accept(any_request());
      case 3:
        return rig.accept(any_request(), "MG=[" + who.peer.ip.to_string() + "]:2944,V=2");
      case 4:
        return rig.refuse(any_request(), below(2) == 0 ? 406 : 505);
      case 5:
        return rig.from(who, "ER=505{}");
      case 6:
        rig.command(who, "C=-{SC=ROOT{SV{MT=HO,RE=\"903 x\",MG=[192.0.2." + std::to_string(1 + below(4)) +
                             "]:2944}}}");
        return;
      case 7:
        rig.command(who, "C=${A=ip/1/access/${M{O{MO=SR},L{\nv=0\nc=IN IP4 $\nm=message $ TCP -\n}}}}");
        return;
      case 8:
        if (!rig.gateway.contexts.empty()) rig.gateway.tell(iq::Event::released, "x", below(9));
        return;
      case 9:
        return rig.end.route_lost(any_request().to, rig.now);
      case 10:
        rig.command(who, below(2) == 0 ? "C=-{MF=ROOT{E=9{it/ito{mit=200}}}}" : "C=-{MF=ROOT{E}}");
        return;
      case 11:
        if (below(10) != 0) return;
        rig.end.stop(rig.now, [this] { ++stopped; });
        rig.run(2s);
        ++asked_to_stop;
        return rig.start();
    }
  }
  /// Whoever is asked accepts, everything is answered well.
  void behave(base::Duration time) {
    const auto until = rig.now + time;
    rig.taken = rig.asked.size();
    while (rig.now < until) {
      rig.run(100ms);
      for (; rig.taken < rig.asked.size(); ++rig.taken) {
        const auto request = rig.asked[rig.taken];
        request.command().termination.is_root() && request.command().descriptors.service_change
            ? rig.accept(request)
            : rig.reply(request, "C=-{N=ROOT}");
      }
    }
  }

  int stopped = 0, asked_to_stop = 0;

 private:
  static iq::GatewayEnd::Options options(std::uint64_t seed) {
    auto out = usual_options();
    const auto carrier = seed % 2 == 0 ? h248::Carrier::udp : h248::Carrier::tcp;
    for (auto& route : out.controllers) route.carrier = carrier;
    out.timers.give_up = 2s;
    out.timers.network_delay = 1s;
    out.silence = 5s;
    out.orphan = 6s;
    return out;
  }
  static const std::vector<h248::Route>& controllers() {
    static const std::vector<h248::Route> all{first, second, third, udp("192.0.2.4:2944")};
    return all;
  }
  std::uint64_t below(std::uint64_t limit) { return dice_.next_u64() % limit; }
  Asked any_request() {
    if (rig.asked.empty()) return {first, 1, 1, {}, {}};
    const auto last = std::min<std::size_t>(rig.asked.size(), 3);
    return rig.asked[rig.asked.size() - 1 - below(last)];
  }

  SeededRandom dice_;

 public:
  Rig rig;
};

TEST(Trouble, InTheEndAControllerIsFound) {
  std::uint64_t registrations = 0, lost = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Trouble trouble(seed);
    for (int i = 0; i < 100; ++i) trouble.step();
    registrations += trouble.rig.end.counters().registrations;
    lost += trouble.rig.end.counters().lost;
    trouble.behave(2min);
    ASSERT_EQ(trouble.rig.state(), "registered");
    ASSERT_EQ(trouble.stopped, trouble.asked_to_stop);
    ASSERT_EQ(trouble.rig.end.status().size(), 1U);
    auto current = trouble.rig.asked.back().to;
    ASSERT_TRUE(trouble.rig.serves(current));
    ASSERT_EQ(trouble.rig.end.status().at(0).contexts, trouble.rig.gateway.contexts.size());
  }
  // Or else it was not much of a trouble.
  EXPECT_GT(registrations, 500U);
  EXPECT_GT(lost, 500U);
}

TEST(Trouble, WithoutAnyControllerEverythingIsReleased) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Trouble trouble(seed);
    for (int i = 0; i < 60; ++i) trouble.step();
    trouble.rig.run(1min);
    ASSERT_NE(trouble.rig.state(), "registered");
    ASSERT_EQ(trouble.rig.gateway.contexts.size(), 0U);
  }
}

}  // namespace
