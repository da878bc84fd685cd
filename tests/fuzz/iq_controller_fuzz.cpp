#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "iq/controller_end.hpp"
#include "proto/h248/codec.hpp"
#include "tests/support/random.hpp"

// A gateway that says anything, against the MGC end: every request of the controller's is answered once,
// whatever is sent can be parsed, and once the gateway is silent nothing of it is left.
namespace {

void must(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "line %d does not hold\n", line);
  std::abort();
}

struct NoLog final : base::Log {
  void write(base::LogLevel, std::string_view, std::initializer_list<base::LogField>) override {}
};

class Bed final : private h248::Wire {
 public:
  Bed() : end(options(), pool, *this, random, log) {
    pool.set_listener([this](const iq::Notification& notification) {
      if (notification.event == iq::Event::released) execute({notification.context, {iq::Release{}}});
    });
  }

  /// "@" stands for the id of the last request that was sent.
  void hear(std::string_view chunk, bool other_place) {
    std::string text = "MEGACO/2 [192.0.2.20]:2944\n";
    for (const char c : chunk) text += c == '@' ? std::to_string(last_id_) : std::string(1, c);
    end.receive(text, other_place ? other : place, now);
  }

  void happen(std::uint8_t what) {
    now += std::chrono::milliseconds(what & 0x1f) * 100;
    if (what & 0x80) end.on_time(now);
    const iq::ContextId context = made.empty() ? iq::ContextId{1} : made.back();
    switch (what % 9) {
      case 0:
        return execute({{}, {iq::Reserve{"access", config(what)}, iq::Reserve{"core", config(0)}}});
      case 1:
        return execute(
            {context,
             {iq::Configure{iq::TerminationId{1}, config(what)}, iq::Restart{iq::TerminationId{1}}}});
      case 2:
        return execute({context, {iq::Audit{}}});
      case 3:
        return execute({context, {iq::Release{}}});
      case 4:
        return execute({context, {iq::Subtract{iq::TerminationId{1}}, iq::Subtract{iq::TerminationId{2}}}});
      case 5:
        return execute({context, {iq::Reserve{"core", config(what)}, iq::Establish{iq::TerminationId{2}}}});
      case 6:
        return end.route_lost(place, now);
      default:
        return;
    }
  }

  void fall_silent() {
    for (int i = 0; i < 10'000 && end.deadline() != base::never; ++i) {
      now = std::max(now, end.deadline());
      end.on_time(now);
    }
    must(end.deadline() == base::never);
    must(asked == answered);
    for (const auto& each : end.status()) must(each.state == "lost" && each.contexts == 0);
  }

 private:
  static iq::ControllerEnd::Options options() {
    iq::ControllerEnd::Options out;
    out.own.text = "192.0.2.1";
    out.allow = {*base::Network::parse("192.0.2.0/24")};
    out.most_gateways = 2;
    return out;
  }
  static iq::TerminationConfig config(std::uint8_t what) {
    iq::TerminationConfig out;
    out.transport = static_cast<iq::Transport>(what % 4);
    out.setup = what & 4 ? iq::Setup::active : iq::Setup::passive;
    if (what & 8) out.remote = base::Address{*base::IpAddress::parse("198.51.100.1"), what};
    if (what & 16) out.source_filter.emplace();
    if (what & 32) out.remote_fingerprints.emplace();
    if (what & 64) out.silence = iq::SilenceWatch{std::chrono::seconds(1)};
    return out;
  }
  void execute(iq::Request request) {
    if (asked - answered > 50) return;
    ++asked;
    pool.execute(std::move(request), [this, once = false](base::Result<iq::Reply, iq::Error> reply) mutable {
      must(!std::exchange(once, true));
      ++answered;
      if (reply && !reply->reserved.empty()) made.push_back(reply->context);
    });
  }
  void send(const h248::Route&, std::string_view text) override {
    const auto message = h248::parse(text);
    if (!message)
      std::fprintf(stderr, "%s\nin %s\n", h248::to_string(message.error()).c_str(),
                   std::string(text).c_str());
    must(message.has_value());
    if (const auto* all = std::get_if<std::vector<h248::Transaction>>(&message->body))
      for (const auto& each : *all)
        if (const auto* request = std::get_if<h248::TransactionRequest>(&each)) last_id_ = request->id;
  }

  const h248::Route place{.peer = *base::Address::parse("192.0.2.20:2944")};
  const h248::Route other{.peer = *base::Address::parse("192.0.2.21:2944")};
  base::Time now{std::chrono::hours(1)};
  test::SeededRandom random{1};
  NoLog log;
  iq::GatewayPool pool;
  std::size_t asked = 0, answered = 0;
  std::vector<iq::ContextId> made;
  std::uint32_t last_id_ = 0;
  iq::ControllerEnd end;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Bed bed;
  // Each line feed and "#" begins a chunk: an octet that says what happens, and what the gateway says then.
  while (!rest.empty()) {
    const auto mark = rest.find("\n#");
    const auto chunk = rest.substr(0, mark);
    if (!chunk.empty()) {
      bed.happen(static_cast<std::uint8_t>(chunk[0]));
      if (chunk.size() > 1) bed.hear(chunk.substr(1), chunk[0] == 'z');
    }
    if (mark == rest.npos) break;
    rest.remove_prefix(mark + 2);
  }
  bed.fall_silent();
  return 0;
}
