// The whole media plane on loopback: LocalGateway with one shard, its peers in threads of this process; each
// benchmark application-agnostic (observing, as by default) and application-aware, over the same messages.
//   bulk: SENDs of 64 KiB of body, one way.  messages: SENDs of 500 octets, 64 at a time, one way.
//   confirmed: the same, with a 200 for each on its way back.  ping: one SEND there, one back.
// Compare ratios of one run only: the peers share the machine. `gateway_ns` is the gateway's own processor
// time a message; relay_ratios.py prints the ratios of both.
#include <array>
#include <ctime>
#include <thread>

#include <benchmark/benchmark.h>

#include "tests/bench/relay_bed.hpp"

namespace {

using bench::Bed;
using bench::End;

constexpr std::size_t message_size = 500;
constexpr std::size_t bulk_body = std::size_t{64} << 10;
constexpr std::size_t blocks_under_way = 4;

/// Some messages that are written at once, and what becomes of them.
struct Block {
  std::string sent;
  std::string answers;  // as the sink writes them
  std::size_t heard = 0;
  std::size_t answers_heard = 0;
};

std::string send_of(const std::string& id, const std::string& to, const std::string& from,
                    const std::string& body, bool confirmed) {
  const auto size = std::to_string(body.size());
  return "MSRP " + id + " SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + from + "\r\nMessage-ID: m" + id +
         "\r\nByte-Range: 1-" + size + "/" + size + (confirmed ? "" : "\r\nFailure-Report: no") +
         "\r\nContent-Type: text/plain\r\n\r\n" + body + "\r\n-------" + id + "$\r\n";
}

std::string answer_of(const std::string& id, const std::string& to, const std::string& from) {
  return "MSRP " + id + " 200 OK\r\nTo-Path: " + to + "\r\nFrom-Path: " + from + "\r\n-------" + id + "$\r\n";
}

/// What both ends say during one run. Transaction ids come again only when the first ones have long passed.
class Load {
 public:
  Load(const End& source, const End& sink, std::size_t messages_a_block, const std::string& body,
       bool confirmed)
      : answered(confirmed), messages(messages_a_block) {
    for (auto& block : blocks_) {
      for (std::size_t i = 0; i < messages; ++i) {
        const auto id = "t" + std::to_string(10'000'000 + ++last_id_);
        block.sent += send_of(id, source.shown, source.path, body, confirmed);
        block.heard += send_of(id, sink.path, sink.shown, body, confirmed).size();
        block.answers += answer_of(id, sink.shown, sink.path);
        block.answers_heard += answer_of(id, source.path, source.shown).size();
      }
    }
  }
  const Block& block(std::size_t i) const { return blocks_[i % blocks_.size()]; }

  const bool answered;
  const std::size_t messages;  // of one block

 private:
  std::size_t last_id_ = 0;
  std::array<Block, 2 * blocks_under_way> blocks_;
};

double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void write(const Load& load, std::size_t blocks, bench::Peer& source) {
  for (std::size_t i = 0; i < blocks; ++i) {
    const auto& sent = load.block(i).sent;
    source.write(sent, sent.size() / load.messages);
    if (load.answered && i >= blocks_under_way) source.read(load.block(i).answers_heard);
  }
  if (!load.answered) return;
  for (std::size_t i = 0; i < std::min(blocks, blocks_under_way); ++i)
    source.read(load.block(i).answers_heard);
}

void read(const Load& load, std::size_t blocks, bench::Peer& sink) {
  for (std::size_t i = 0; i < blocks; ++i) {
    const auto& block = load.block(i);
    sink.read(block.heard);
    if (load.answered) sink.write(block.answers, block.answers.size() / load.messages);
  }
}

void run(benchmark::State& state, const Load& load, std::size_t blocks, End& source, End& sink) {
  double gateway = 0;
  for (auto _ : state) {
    const auto before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    const auto reader_before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    double writer_took = 0;
    std::thread writer([&] {
      write(load, blocks, *source.peer);
      writer_took = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    });
    read(load, blocks, *sink.peer);
    writer.join();
    const auto reader_took = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - reader_before;
    gateway += cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before - writer_took - reader_took;
  }
  const auto messages = static_cast<double>(state.iterations()) * static_cast<double>(blocks * load.messages);
  state.SetItemsProcessed(static_cast<std::int64_t>(messages));
  state.counters["gateway_ns"] = gateway * 1e9 / messages;
}

void bulk(benchmark::State& state, Bed::Mode mode, bool from_caller) {
  Bed bed(mode);
  auto& source = from_caller ? bed.caller : bed.callee;
  auto& sink = from_caller ? bed.callee : bed.caller;
  const Load load(source, sink, 1, std::string(bulk_body, 'x'), false);
  run(state, load, 1024, source, sink);
  state.SetBytesProcessed(state.items_processed() * static_cast<std::int64_t>(bulk_body));
}

/// So long that the message has `message_size` octets.
std::string body_for(const End& source, bool confirmed) {
  const std::string body(message_size, 'x');
  const auto size = send_of("t10000000", source.shown, source.path, body, confirmed).size();
  return body.substr(size - message_size);
}

void messages(benchmark::State& state, Bed::Mode mode, bool confirmed) {
  Bed bed(mode);
  const Load load(bed.caller, bed.callee, 64, body_for(bed.caller, confirmed), confirmed);
  run(state, load, 1024, bed.caller, bed.callee);
}

void ping(benchmark::State& state, Bed::Mode mode) {
  Bed bed(mode);
  const Load there(bed.caller, bed.callee, 1, body_for(bed.caller, false), false);
  const Load back(bed.callee, bed.caller, 1, body_for(bed.callee, false), false);
  for (auto _ : state) {
    write(there, 1, *bed.caller.peer);
    read(there, 1, *bed.callee.peer);
    write(back, 1, *bed.callee.peer);
    read(back, 1, *bed.caller.peer);
  }
  state.SetItemsProcessed(state.iterations());
}

using Function = void (*)(benchmark::State&, Bed::Mode);

void add(const std::string& name, bool tls, Function function) {
  for (const bool aware : {false, true}) {
    const Bed::Mode mode{.aware = aware, .tls = tls};
    benchmark::RegisterBenchmark((name + (aware ? "/aware" : "/agnostic")).c_str(), function, mode)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

[[maybe_unused]] const bool added = [] {
  constexpr Function up = [](auto& state, auto mode) { bulk(state, mode, true); };
  constexpr Function down = [](auto& state, auto mode) { bulk(state, mode, false); };
  constexpr Function one_way = [](auto& state, auto mode) { messages(state, mode, false); };
  constexpr Function confirmed = [](auto& state, auto mode) { messages(state, mode, true); };
  add("bulk/tcp_to_tcp", false, up);
  add("bulk/tls_to_tcp", true, up);
  add("bulk/tcp_to_tls", true, down);
  add("messages/tcp_to_tcp", false, one_way);
  add("messages/tls_to_tcp", true, one_way);
  add("confirmed/tcp_to_tcp", false, confirmed);
  add("confirmed/tls_to_tcp", true, confirmed);
  add("ping/tcp_to_tcp", false, ping);
  add("ping/tls_to_tcp", true, ping);
  return true;
}();

}  // namespace
