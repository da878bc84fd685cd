#include "ue/command.hpp"

#include <csignal>
#include <cstdio>
#include <optional>
#include <sys/stat.h>

#include "base/text.hpp"
#include "crypto/identity.hpp"
#include "ue/callee.hpp"
#include "ue/caller.hpp"

namespace ue {
namespace {

int usage_error(const std::string& why) {
  std::fprintf(stderr, "postern ue: %s\n", base::printable(why, 600).c_str());
  return exit_usage;
}

/// The command's parts, in the order in which they need each other.
class Program {
 public:
  explicit Program(const Arguments& arguments)
      : arguments_(arguments), output_(arguments.json, stdout, stderr) {}

  int run();

 private:
  base::Result<base::Ok, UsageError> open_identity();
  base::Result<base::Ok, UsageError> open_network();
  void end(int code);
  void on_signal();

  const Arguments& arguments_;
  crypto::SystemRandom random_;
  Output output_;
  net::Reactor reactor_;
  std::optional<crypto::TlsContext> tls_;
  base::Fingerprint fingerprint_;
  std::optional<Caller> caller_;
  std::optional<Callee> callee_;
  std::optional<NgClient> ng_;
  std::optional<Signalling> signalling_;  // first to go: nothing is told any more
  int code_ = exit_failed;
};

base::Result<base::Ok, UsageError> Program::open_identity() {
  auto identity =
      arguments_.cert.empty()
          ? base::Result<crypto::Identity, std::string>(crypto::Identity::self_signed("postern-ue"))
          : crypto::Identity::load(arguments_.cert, arguments_.key);
  if (!identity) return UsageError{identity.error()};
  auto context = crypto::TlsContext::make(*identity, {});
  if (!context) return UsageError{context.error()};
  tls_ = *std::move(context);
  fingerprint_ = identity->fingerprint();
  return base::Ok{};
}

base::Result<base::Ok, UsageError> Program::open_network() {
  Signalling::Handlers handlers;
  handlers.on_offer = [this](const std::string& sdp, const Signalling::Respond& respond) {
    if (callee_) callee_->on_offer(sdp, respond);
  };
  handlers.on_bye = [this](const std::string& call) { return callee_ && callee_->on_bye(call); };
  handlers.on_signal = [this](int) { on_signal(); };
  signalling_.emplace(reactor_, std::move(handlers));
  if (arguments_.ng) {
    ng_.emplace(reactor_, random_, *arguments_.ng);
    if (const auto error = ng_->open()) return UsageError{"--ng: " + error.message()};
  }
  if (arguments_.signal.empty()) return base::Ok{};
  const auto at = signalling_->listen(arguments_.signal);
  if (!at) return UsageError{"--signal: " + at.error().why};
  ng::Dictionary fields;
  fields.append("signal", at->to_string());
  output_.note("ready", std::move(fields), "waiting for offers at http://" + at->to_string());
  return base::Ok{};
}

int Program::run() {
  if (const auto opened = open_identity(); !opened) return usage_error(opened.error().why);
  if (const auto opened = open_network(); !opened) return usage_error(opened.error().why);
  const Tools tools{reactor_, random_, tls_ ? &*tls_ : nullptr, fingerprint_, output_, arguments_};
  signalling_->start();
  if (arguments_.signal.empty()) {
    caller_.emplace(tools, *signalling_, ng_ ? &*ng_ : nullptr, [this](int code) { end(code); });
    caller_->start();
  } else {
    callee_.emplace(tools, [this](int code) { end(code); });
  }
  reactor_.run();
  return code_;
}

void Program::end(int code) {
  code_ = code;
  reactor_.stop();
}

void Program::on_signal() {
  if (caller_) caller_->interrupt();
  if (callee_) callee_->interrupt();
}

base::Result<base::Ok, UsageError> check_folder(const std::string& folder) {
  struct stat status{};
  if (::mkdir(folder.c_str(), 0777) == 0) return base::Ok{};
  if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return base::Ok{};
  return UsageError{"--out: " + folder + " is no folder and cannot be made one"};
}

}  // namespace

int main(std::span<const std::string> args) {
  std::string help;
  const auto arguments = parse_arguments(args, help);
  if (!help.empty()) return std::fputs(help.c_str(), stdout) >= 0 ? exit_good : exit_failed;
  if (!arguments) return usage_error(arguments.error().why);
  if (arguments->command == Command::receive) {
    if (const auto folder = check_folder(arguments->out); !folder) return usage_error(folder.error().why);
  }
  std::signal(SIGPIPE, SIG_IGN);  // a reader of stdout that has gone is an error code
  return Program(*arguments).run();
}

}  // namespace ue
