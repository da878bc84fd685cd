#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "iq/gateway_commands.hpp"
#include "proto/h248/codec.hpp"
#include "tests/support/fake_gateway.hpp"
#include "tests/support/random.hpp"

// Any messages against the MG end's commands: every transaction is answered once, with something that can be
// printed and parsed; what all of it leaves is gone after Subtract of everything.
namespace {

void must(bool condition) {
  if (!condition) std::abort();
}

class Ends final : public iq::GatewayCommands::Association {
 public:
  base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> on_service_change(
      const h248::ServiceChangeDescriptor& change) override {
    if (change.delay) return h248::ErrorDescriptor{501, {}};
    return h248::ServiceChangeDescriptor{};
  }
  void on_inactivity_event(std::optional<base::Duration>, std::uint32_t) override {}
  h248::TransactionTimers& timers() override { return timers_; }
  bool in_service() const override { return true; }
  void send(h248::ActionRequest action,
            std::function<void(std::optional<h248::ErrorDescriptor>)> answered) override {
    must(!action.commands.empty());
    if (waiting.size() < 100) waiting.push_back(std::move(answered));
  }
  std::vector<std::function<void(std::optional<h248::ErrorDescriptor>)>> waiting;

 private:
  h248::TransactionTimers timers_;
};

struct Bed {
  Bed() {
    iq::GatewayCommands::Options options;
    options.realms = {{"access", false, true}, {"core", false, false}, {"six", true, true}};
    commands.emplace(std::move(options), gateway, ends, random);
  }

  void run(h248::TransactionRequest request) {
    ++asked;
    commands->execute(
        std::move(request), now, [this, once = false](h248::Transactions::Result result) mutable {
          must(!std::exchange(once, true));
          ++answered;
          const auto* actions = std::get_if<std::vector<h248::ActionReply>>(&result);
          must(actions && !actions->empty());
          h248::Message message;
          message.sender.text = "192.0.2.1";
          message.body = std::vector<h248::Transaction>{h248::TransactionReply{1, false, *actions}};
          must(h248::parse(h248::print(message), {1 << 24, 100'000, 1'000'000}).has_value());
        });
  }

  /// Something that happens beside the messages.
  void happen(std::uint8_t what) {
    now += std::chrono::seconds(what % 7);
    if (what & 0x10) commands->on_time(now);
    if (what & 0x20) gateway.answer_all();
    gateway.answers_later = what & 0x40;
    if ((what & 0x80) && !gateway.contexts.empty())
      gateway.notify({gateway.contexts.begin()->first,
                      iq::TerminationId{what % 3u},
                      static_cast<iq::Event>(what % 8),
                      "why",
                      {}});
    if ((what & 0x08) && !ends.waiting.empty()) {
      const auto last = std::move(ends.waiting.back());
      ends.waiting.pop_back();
      last(what & 1 ? std::optional(h248::ErrorDescriptor{411, {}}) : std::nullopt);
    }
    if (what == 0x5a) commands->release_all([] {});
    if (what == 0x5b) gateway.fail_at = 1;
    if (what == 0x5c) gateway.errors.push_back({iq::Errc::bad_request, "x"});
  }

  void subtract_everything() {
    gateway.answers_later = false;
    gateway.errors.clear();
    gateway.fail_at.reset();
    for (int i = 0; i < 100 && !gateway.replies.empty(); ++i) gateway.answer_all();
    h248::CommandRequest subtract{h248::CommandName::subtract, {"*"}, {}, false, false};
    run({1, {{h248::all_contexts, {}, {}, {subtract}}}});
    must(gateway.contexts.empty());
    must(commands->status().contexts == 0 && commands->status().terminations == 0);
    must(commands->deadline() == base::never);
    must(asked == answered);
  }

  test::FakeGateway gateway;
  test::SeededRandom random{1};
  Ends ends;
  base::Time now{std::chrono::hours(1)};
  std::size_t asked = 0, answered = 0;
  std::optional<iq::GatewayCommands> commands;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Bed bed;
  // Messages with an octet between them that says what happens beside them.
  while (!rest.empty()) {
    const auto end = rest.find('\0');
    const auto message = h248::parse(rest.substr(0, end));
    if (message)
      if (const auto* transactions = std::get_if<std::vector<h248::Transaction>>(&message->body))
        for (const auto& each : *transactions)
          if (const auto* request = std::get_if<h248::TransactionRequest>(&each)) bed.run(*request);
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
    if (rest.empty()) break;
    bed.happen(static_cast<std::uint8_t>(rest.front()));
    rest.remove_prefix(1);
  }
  bed.subtract_everything();
  return 0;
}
