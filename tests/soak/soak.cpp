// Opens many MSRP conversations at once through a running Postern, commanded by NG: half of them e2ae TLS to
// TCP, half TCP to TCP. Each carries 10 messages both ways and one long one; every octet and every success
// report is checked, then all are deleted. One line of figures on stdout; exit 0 only if all of it arrived.
//   postern_soak --ng HOST:PORT --admin HOST:PORT [--conversations N] [--size OCTETS]
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>

#include "base/text.hpp"
#include "crypto/identity.hpp"
#include "net/http_client.hpp"
#include "net/socket.hpp"
#include "proto/ng/request.hpp"
#include "tests/soak/party.hpp"
#include "ue/ng_client.hpp"

namespace soak {
namespace {

using namespace std::chrono_literals;

/// NG requests at a time: UDP has no flow control, and a proxy has about as many workers.
constexpr std::size_t ng_window = 32;
/// Without any progress for so long it has failed; sanitizers on a busy machine are slow.
constexpr auto patience = 60s;

struct Options {
  base::Address ng;
  std::string admin;
  unsigned conversations = 1000;
  std::uint64_t size = 1024 * 1024;
};

[[noreturn]] void fail(const std::string& why) {
  throw std::runtime_error(why);
}

/// Both ends of a conversation, and the call between them.
struct Conversation {
  unsigned number = 0;
  std::unique_ptr<Party> a, b;

  ng::Request request(ng::Command command) const {
    ng::Request out;
    out.command = command;
    out.call_id = "soak-" + a->endpoint.local().origin_id;
    out.from_tag = "a";
    if (command == ng::Command::answer) out.to_tag = "b";
    out.direction = ng::Direction{"access", "core"};
    return out;
  }
  std::string error() const { return a->error.empty() ? b->error : a->error; }
};

class Soak {
 public:
  explicit Soak(const Options& options)
      : options_(options), http_(loop_), client_(reactor_, random_, options.ng), block_(1 << 20, '\0') {
    random_.fill(std::as_writable_bytes(std::span(block_)));
    auto context = crypto::TlsContext::make(identity_, {});
    if (!context) fail(context.error());
    tls_.emplace(*std::move(context));
    if (const auto error = client_.open()) fail("NG socket: " + error.message());
  }

  void run() {
    net::raise_descriptor_limit();
    const auto before = sessions();
    if (before != 0) fail("there are " + std::to_string(before) + " sessions already");
    const auto begin = base::Clock::now();
    set_up();
    await_sessions(options_.conversations);
    const auto connected = base::Clock::now();
    talk();
    const auto talked = base::Clock::now();
    tear_down();
    await_sessions(0);
    report(connected - begin, talked - connected, base::Clock::now() - talked);
  }

 private:
  ue::Endpoint::Options options_of(bool tls, sdp::Setup setup) const {
    ue::Endpoint::Options out;
    out.local.address = base::IpAddress::v4({127, 0, 0, 1});
    if (options_.ng.ip.is_v6()) out.local.address = *base::IpAddress::parse("::1");
    out.local.tls = out.local.e2ae = tls;
    out.local.setup = setup;
    if (tls) out.local.fingerprints = {identity_.fingerprint()};
    out.establish = 300s;
    out.response_timeout = 300s;
    return out;
  }

  void add(unsigned number) {
    auto conversation = std::make_unique<Conversation>();
    const bool tls = number % 2 == 0;
    const auto name = std::to_string(number);
    Pattern pattern(block_, number * std::uint64_t{7919}, options_.size);
    conversation->number = number;
    conversation->a =
        std::make_unique<Party>(reactor_, random_, tls ? &*tls_ : nullptr,
                                options_of(tls, sdp::Setup::active), Party::Expected{"b" + name, {}, {}});
    conversation->b =
        std::make_unique<Party>(reactor_, random_, nullptr, options_of(false, sdp::Setup::passive),
                                Party::Expected{"a" + name, options_.size, pattern.sha256()});
    offer(*conversation);
    conversations_.push_back(std::move(conversation));
  }

  void command(const ng::Request& request, std::function<void(const ng::Dictionary&)> done) {
    client_.request(ng::print_request(request),
                    [this, done = std::move(done)](const ue::NgClient::Reply& reply) {
                      ++progress_;
                      if (reply) return done(*reply);
                      if (error_.empty()) error_ = reply.error().why;
                    });
  }

  void offer(Conversation& conversation) {
    auto request = conversation.request(ng::Command::offer);
    const auto sdp = conversation.a->endpoint.make_offer();
    if (!sdp) fail(sdp.error().why);
    request.sdp = *sdp;
    command(request, [this, &conversation](const ng::Dictionary& reply) {
      const auto answer = conversation.b->endpoint.take_offer(reply.text("sdp"));
      if (!answer) fail("the offer as the gateway gave it: " + answer.error().why);
      auto answering = conversation.request(ng::Command::answer);
      answering.sdp = *answer;
      command(answering, [&conversation](const ng::Dictionary& answered) {
        const auto taken = conversation.a->endpoint.take_answer(answered.text("sdp"));
        if (!taken) fail("the answer as the gateway gave it: " + taken.error().why);
      });
    });
  }

  void set_up() {
    for (unsigned i = 0; i < options_.conversations; ++i) {
      turn_until([&] { return client_.in_flight() < ng_window; });
      add(i);
    }
    turn_until([&] { return all([](const auto& c) { return c.a->connected && c.b->connected; }); });
  }

  void talk() {
    for (const auto& c : conversations_) {
      const auto name = std::to_string(c->number);
      c->a->send_small("a" + name);
      c->b->send_small("b" + name);
      c->a->send_big(std::make_unique<Pattern>(block_, c->number * std::uint64_t{7919}, options_.size));
    }
    turn_until([&] { return all([](const auto& c) { return c.a->done() && c.b->done(); }); });
  }

  void tear_down() {
    for (const auto& c : conversations_) {
      turn_until([&] { return client_.in_flight() < ng_window; });
      c->a->endpoint.close();
      c->b->endpoint.close();
      command(c->request(ng::Command::delete_call), [](const ng::Dictionary&) {});
    }
    turn_until([&] {
      return client_.in_flight() == 0 && all([](const auto& c) { return c.a->ended && c.b->ended; });
    });
  }

  bool all(const std::function<bool(const Conversation&)>& condition) const {
    for (const auto& conversation : conversations_) {
      if (!condition(*conversation)) return false;
    }
    return true;
  }

  /// What has happened so far: grows as long as anything moves.
  std::uint64_t activity() const {
    auto sum = progress_;
    for (const auto& c : conversations_) {
      sum += c->a->octets + c->b->octets + c->a->connected + c->b->connected + c->a->ended + c->b->ended;
      if (const auto why = c->error(); !why.empty())
        fail("conversation " + std::to_string(c->number) + ": " + why);
    }
    return sum;
  }

  void turn_until(const std::function<bool()>& condition) {
    auto seen = activity();
    auto since = base::Clock::now(), looked = since;
    while (!condition()) {
      reactor_.run_once(100ms);
      if (!error_.empty()) fail(error_);
      const auto now = base::Clock::now();
      if (now - looked < 100ms) continue;
      looked = now;
      if (const auto sum = activity(); sum != seen) {
        seen = sum;
        since = now;
      } else if (now - since > patience) {
        fail("nothing has moved for a minute");
      }
    }
  }

  /// The sum of all samples of postern_sessions.
  std::uint64_t sessions() {
    std::optional<base::Result<net::HttpResponse, net::HttpError>> response;
    http_.get("http://" + options_.admin + "/metrics", 30s,
              [&](auto result) { response.emplace(std::move(result)); });
    loop_.run_until([&] { return response.has_value(); }, 40s);
    if (!response || !*response) fail(response ? response->error().reason : "no /metrics");
    std::string_view text((*response)->body);
    std::uint64_t sum = 0;
    while (!text.empty()) {
      const auto line = base::take_until(text, '\n');
      if (!line.starts_with("postern_sessions{")) continue;
      sum += base::parse_uint<std::uint64_t>(line.substr(line.find_last_of(' ') + 1)).value_or(0);
    }
    return sum;
  }

  void await_sessions(std::uint64_t wanted) {
    const auto limit = base::Clock::now() + patience;
    for (auto now = sessions(); now != wanted; now = sessions()) {
      if (base::Clock::now() > limit)
        fail("/metrics counts " + std::to_string(now) + " sessions, expected " + std::to_string(wanted));
      reactor_.run_once(50ms);
    }
  }

  void report(base::Duration opening, base::Duration talking, base::Duration closing) const {
    std::uint64_t octets = 0, messages = 0;
    for (const auto& c : conversations_) {
      octets += c->a->octets + c->b->octets;
      messages += c->a->messages + c->b->messages;
    }
    const auto seconds = [](base::Duration time) { return std::chrono::duration<double>(time).count(); };
    const double mebibytes = static_cast<double>(octets) / (1024 * 1024);
    std::printf(
        "%zu conversations (%zu with TLS): open in %.1f s; %llu messages, %.1f MiB in %.1f s (%.0f MiB/s); "
        "closed in %.1f s\n",
        conversations_.size(), (conversations_.size() + 1) / 2, seconds(opening),
        static_cast<unsigned long long>(messages), mebibytes, seconds(talking), mebibytes / seconds(talking),
        seconds(closing));
  }

  Options options_;
  net::ControlLoop loop_;
  net::HttpClient http_;
  crypto::SystemRandom random_;
  crypto::Identity identity_ = crypto::Identity::self_signed("postern-soak");
  std::optional<crypto::TlsContext> tls_;
  net::Reactor reactor_;
  ue::NgClient client_;
  std::string block_;
  std::vector<std::unique_ptr<Conversation>> conversations_;
  std::uint64_t progress_ = 0;
  std::string error_;
};

Options parse(int count, char** words) {
  Options out;
  bool good = count % 2 == 1;
  for (int i = 1; good && i + 1 < count; i += 2) {
    const std::string_view name(words[i]), value(words[i + 1]);
    if (name == "--ng") {
      const auto address = base::Address::parse(value);
      good = address.has_value();
      if (address) out.ng = *address;
    } else if (name == "--admin") {
      out.admin = value;
    } else if (name == "--conversations" || name == "--size") {
      const auto number = base::parse_uint<std::uint32_t>(value);
      good = number && *number > 0;
      if (good && name == "--size") out.size = *number;
      if (good && name == "--conversations") out.conversations = *number;
    } else {
      good = false;
    }
  }
  if (good && out.ng.port != 0 && !out.admin.empty() && out.size > 64) return out;
  throw std::invalid_argument(
      "usage: postern_soak --ng HOST:PORT --admin HOST:PORT [--conversations N] [--size OCTETS, above 64]");
}

}  // namespace
}  // namespace soak

int main(int count, char** words) {
  try {
    soak::Soak(soak::parse(count, words)).run();
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "postern_soak: %s\n", error.what());
    return 1;
  }
}
