// NG as a proxy sends it: an offer, an answer and a delete, from frame to frame, on a gateway that costs
// nothing.
#include <string>

#include <benchmark/benchmark.h>

#include "proto/ng/frame.hpp"
#include "proto/ng/request.hpp"
#include "tests/support/controller_room.hpp"

namespace {

class Proxy {
 public:
  void call(const test::Chat& offer, const test::Chat& answer, benchmark::State& state) {
    auto id = "call-" + std::to_string(++calls_);
    for (auto request : {ng::Command::offer, ng::Command::answer, ng::Command::delete_call}) {
      auto out = test::ControllerRoom::request(request, request == ng::Command::offer    ? offer.text()
                                                        : request == ng::Command::answer ? answer.text()
                                                                                         : "");
      out.call_id = id;
      send(out, state);
    }
    room_.gateway.requests.clear();
    room_.log.lines.clear();
  }

 private:
  void send(const ng::Request& request, benchmark::State& state) {
    const auto frame =
        ng::print_frame(std::to_string(++cookies_), ng::Encoding::bencode, ng::print_request(request));
    bool good = false;
    room_.now += std::chrono::microseconds(100);
    front_.on_frame(frame, "udp:127.0.0.1:5060", &loopback_, room_.now,
                    [&](const std::string& reply) { good = reply.find("result2:ok") != reply.npos; });
    if (!good) state.SkipWithError("a command failed");
  }

  test::ControllerRoom room_;
  controller::NgFront front_{*room_.controller, {*base::Network::parse("127.0.0.0/8")}, room_.log};
  base::IpAddress loopback_ = *base::IpAddress::parse("127.0.0.1");
  std::uint64_t calls_ = 0, cookies_ = 0;
};

void offer_answer_delete(benchmark::State& state, const test::Chat& offer) {
  Proxy proxy;
  for (auto _ : state) proxy.call(offer, test::plain_chat(), state);
  state.SetItemsProcessed(state.iterations() * 3);  // commands
}
void e2ae(benchmark::State& state) {
  offer_answer_delete(state, test::e2ae_chat());
}
void plain(benchmark::State& state) {
  offer_answer_delete(state, test::Chat());
}

BENCHMARK(e2ae);
BENCHMARK(plain);

}  // namespace
