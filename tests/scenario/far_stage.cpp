// Two processes with H.248 between them: the controller in a child, whom the test's commands reach through a
// pair of local sockets; the gateway that only remembers stays with the test, which looks into it.
#include <csignal>
#include <functional>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/gateway_part.hpp"
#include "app/pool_part.hpp"
#include "base/text.hpp"
#include "net/fd.hpp"
#include "proto/ng/bencode.hpp"
#include "tests/scenario/actor.hpp"

namespace scenario {
namespace {

constexpr auto patience = std::chrono::seconds(30);
constexpr std::size_t longest = std::size_t{256} * 1024;

void say(const net::Fd& to, std::string_view text) {
  if (::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL) != ssize_t(text.size()))
    throw std::runtime_error("the other process does not listen");
}

std::string hear(const net::Fd& from) {
  std::string out(longest, '\0');
  const auto count = ::recv(from.get(), out.data(), out.size(), 0);
  out.resize(count > 0 ? std::size_t(count) : 0);
  return out;
}

/// Every transaction that was sent has its reply.
bool is_quiet(const app::Associations& end) {
  for (const auto& each : end.measured().associations)
    if (each.waiting > 0) return false;
  return true;
}

bool is_registered(const app::Associations& end) {
  const auto found = end.measured().associations;
  return !found.empty() && found.front().state == "registered" && is_quiet(end);
}

// --- the child
// -----------------------------------------------------------------------------------------------

/// What the controller commands: the pool, which lives longer.
class Borrowed final : public iq::MediaGateway {
 public:
  explicit Borrowed(iq::MediaGateway& gateway) : gateway_(gateway) {}
  void execute(iq::Request request, Done done) override {
    gateway_.execute(std::move(request), std::move(done));
  }
  void set_listener(Listener listener) override { gateway_.set_listener(std::move(listener)); }

 private:
  iq::MediaGateway& gateway_;
};

class Child {
 public:
  Child(controller::Options options, const app::Config& config, net::Fd& line)
      : line_(line), pool_(open(loop_, log_, config)), actor_(std::move(options), [this](test::FakeGateway&) {
          return std::make_unique<Borrowed>(*pool_);
        }) {
    watch_ = loop_.watch(line_.get(), net::Readiness::read, [this] { on_command(hear(line_)); });
    say(line_, pool_->addresses());
  }
  void serve() { loop_.run(); }

 private:
  static std::unique_ptr<app::PoolPart> open(net::ControlLoop& loop, base::Log& log,
                                             const app::Config& config) {
    auto opened = app::PoolPart::open(loop, log, config);
    if (!opened) throw std::runtime_error(opened.error());
    return *std::move(opened);
  }

  void on_command(const std::string& text) {
    if (text.empty()) return loop_.stop();  // the test has ended
    std::string_view rest = text;
    const auto verb = base::take_until(rest, ' ');
    auto done = std::make_shared<std::string>();
    if (verb == "ng") return run(rest);
    if (verb == "pass") actor_.room.pass(std::chrono::milliseconds(base::parse_uint<unsigned>(rest).value()));
    if (verb == "ready") return answer_when([this] { return is_registered(*pool_); });
    answer_when([] { return true; });
  }

  void run(std::string_view bencoded) {
    auto request = ng::parse_request(*ng::parse_bencode(bencoded)->dictionary());
    auto answered = std::make_shared<bool>(false);
    answer_.clear();
    actor_.room.controller->execute(*request, actor_.room.now, [this, answered](const ng::Value& reply) {
      ng::print_bencode(reply, answer_);
      *answered = true;
    });
    answer_when([answered] { return *answered; });
  }

  /// When that is so and nothing is on its way any more. Asked again whenever there is news: inside the
  /// loop's callbacks it cannot be waited for.
  void answer_when(std::function<bool()> done) {
    if (!done() || !is_quiet(*pool_)) {
      again_ = loop_.after(std::chrono::milliseconds(1),
                           [this, done = std::move(done)]() mutable { answer_when(std::move(done)); });
      return;
    }
    const auto state = actor_.state();
    ng::Dictionary out;
    out.set("calls", std::int64_t(state.calls));
    out.set("sessions", std::int64_t(state.sessions));
    out.set("idle", std::int64_t(state.idle));
    out.set("released", state.released);
    out.set("answer", std::exchange(answer_, {}));
    std::string text;
    ng::print_bencode(out, text);
    say(line_, text);
  }

  net::Fd& line_;
  test::MemoryLog log_;
  net::ControlLoop loop_;
  std::unique_ptr<app::PoolPart> pool_;
  Actor actor_;
  std::string answer_;
  net::ControlHandle watch_, again_;
};

[[noreturn]] void be_controller(controller::Options options, const app::Config& config, net::Fd line) {
  int code = 0;
  try {
    Child(std::move(options), config, line).serve();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "controller: %s\n", error.what());
    code = 1;
  }
  ::_exit(code);
}

// --- the test's own process
// ------------------------------------------------------------------------------------

class FarStage final : public Stage {
 public:
  FarStage(controller::Options options, const std::vector<Realm>& realms, const std::string& carrier) {
    app::Config config;
    config.controller.h248.listen = {carrier + ":127.0.0.1:0"};
    config.realms.clear();
    for (const auto& realm : realms) {
      auto& out = config.realms.emplace_back();
      out.name = realm.name;
      out.address = *base::IpAddress::parse(realm.ipv6 ? "::1" : "127.0.0.1");
    }
    start(std::move(options), config);
    config.gateway.h248.mgc = {hear_soon()};
    config.gateway.h248.bind = "127.0.0.1:0";
    config.gateway.h248.avalanche = {};
    auto part = app::GatewayPart::open(loop_, log_, config, gateway_, 1000);
    if (!part) throw std::runtime_error(part.error());
    part_ = *std::move(part);
    ask("ready");
  }
  ~FarStage() override {
    line_ = {};  // tells the child that it is over
    int status = 0;
    ::waitpid(child_, &status, 0);
  }

  ng::Dictionary run(const ng::Request& request) override {
    std::string text = "ng ";
    ng::print_bencode(ng::print_request(request), text);
    ask(text);
    const auto parsed = ng::parse_bencode(last_.text("answer"));
    return parsed && parsed->dictionary() ? *parsed->dictionary() : ng::Dictionary();
  }
  void pass(base::Duration time) override {
    ask("pass " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()));
  }
  void tell(iq::Event event, const std::string& why) override {
    gateway_.tell(event, why);
    ask("sync");  // meanwhile the Notify goes out, and ask() waits for its reply
    ask("sync");
  }
  test::FakeGateway& gateway() override { return gateway_; }
  State state() override {
    ask("sync");
    const auto number = [this](const char* key) { return std::size_t(*last_.find(key)->integer()); };
    return {number("calls"), number("sessions"), number("idle") != 0, std::string(last_.text("released"))};
  }

 private:
  void start(controller::Options options, const app::Config& config) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) throw std::runtime_error("socketpair");
    const int room = int(2 * longest);
    for (const int end : pair) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork");
    if (child_ == 0) {
      ::close(pair[0]);
      be_controller(std::move(options), config, net::Fd(pair[1]));
    }
    ::close(pair[1]);
    line_ = net::Fd(pair[0]);
  }

  void wait(const std::function<bool()>& done) {
    if (!loop_.run_until(done, patience)) throw std::runtime_error("the two processes do not get along");
  }
  /// The next thing that the child says, while the gateway goes on serving it.
  std::string hear_soon() {
    std::string out;
    bool heard = false;
    const auto watch = loop_.watch(line_.get(), net::Readiness::read, [&] {
      if (!heard) out = hear(line_);
      heard = true;
    });
    wait([&] { return heard; });
    return out;
  }
  void ask(const std::string& command) {
    say(line_, command);
    const auto parsed = ng::parse_bencode(hear_soon());
    if (!parsed || !parsed->dictionary()) throw std::runtime_error("the controller's process has ended");
    last_ = *parsed->dictionary();
    wait([this] { return is_quiet(*part_); });
  }

  net::Fd line_;
  pid_t child_ = 0;
  test::MemoryLog log_;
  test::FakeGateway gateway_;
  net::ControlLoop loop_;
  std::unique_ptr<app::GatewayPart> part_;
  ng::Dictionary last_;
};

}  // namespace

std::unique_ptr<Stage> far_stage(controller::Options options, const std::vector<Realm>& realms,
                                 const std::string& carrier) {
  return std::make_unique<FarStage>(std::move(options), realms, carrier);
}

}  // namespace scenario
