#include "app/explain.hpp"

#include <algorithm>

#include "app/compose.hpp"
#include "app/ctl_text.hpp"
#include "app/dry_gateway.hpp"
#include "base/text.hpp"
#include "crypto/identity.hpp"
#include "net/resolver.hpp"
#include "proto/sdp/media.hpp"

namespace app {
namespace {

class NoLog : public base::Log {
 public:
  void write(base::LogLevel, std::string_view, std::initializer_list<base::LogField>) override {}
};

base::Result<DryGateway, std::string> dry_gateway(const Config& config) {
  std::map<std::string, DryGateway::Realm> realms;
  for (const auto& realm : config.realms) {
    const auto identity = make_identity(realm);
    if (!identity) return "realm '" + realm.name + "': " + identity.error();
    realms[realm.name] = {realm.address, realm.advertise, realm.ports.low, identity->fingerprint()};
  }
  return DryGateway(std::move(realms));
}

/// A command of the call that is being explained, as the proxy would send it.
ng::Dictionary command(std::string_view name, const Question& question, const std::string& sdp) {
  ng::Dictionary out;
  out.set("command", name);
  out.set("call-id", "explain");
  if (sdp.empty()) return out;
  out.set("from-tag", "offerer");
  if (name == "answer") out.set("to-tag", "answerer");
  out.set("sdp", sdp);
  if (name != "offer") return out;
  const auto& realms = question.config.realms;
  const auto& second = realms.size() > 1 ? realms[1].name : realms[0].name;
  out.set("direction", ng::List{question.from.empty() ? realms[0].name : question.from,
                                question.to.empty() ? second : question.to});
  ng::List flags;
  for (const auto& flag : question.flags) flags.emplace_back(flag);
  if (!flags.empty()) out.set("flags", std::move(flags));
  const bool v6 = question.received_from.find(':') != std::string::npos;
  if (!question.received_from.empty())
    out.set("received-from", ng::List{v6 ? "IP6" : "IP4", question.received_from});
  return out;
}

template <class Predicate>
bool any_msrp(std::string_view sdp, const Predicate& predicate) {
  const auto document = sdp::Document::parse(sdp);
  if (!document) return false;
  const auto media = document->media();
  return std::any_of(media.begin(), media.end(), [&](sdp::Section section) {
    return sdp::is_msrp(*document, section) && predicate(sdp::media_line(*document, section));
  });
}
bool has_msrp(std::string_view sdp) {
  return any_msrp(sdp, [](const auto&) { return true; });
}
bool is_served(const ng::Dictionary& reply) {
  return reply.text("result") == "ok" &&
         any_msrp(reply.text("sdp"), [](const auto& line) { return line.port != 0; });
}

std::string step_text(const char* title, const ng::Dictionary& reply) {
  std::string out = std::string(title) + "\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty())
      out.append("  ").append(name).append(": ").append(base::printable(value, 4000)).append("\n");
  };
  line("refused", reply.text("error-reason"));
  line("mode", reply.text("mode"));
  line("why", reply.text("why"));
  auto sdp = reply.text("sdp");
  if (!sdp.empty()) out += "  goes on as:\n";
  while (!sdp.empty()) {
    auto text = base::take_until(sdp, '\n');
    if (text.ends_with('\r')) text.remove_suffix(1);
    out += "    " + base::printable(text, 4000) + "\n";
  }
  return out;
}

/// What can be said of the question before anybody is asked.
base::Result<base::Ok, std::string> check(const Question& question) {
  for (const auto& name : {question.from, question.to}) {
    const auto known = [&](const auto& realm) { return realm.name == name; };
    const auto& realms = question.config.realms;
    if (!name.empty() && std::none_of(realms.begin(), realms.end(), known))
      return "no realm is named '" + base::printable(name) + "'";
  }
  for (const auto& [what, sdp] :
       {std::pair("the offer", &question.offer), {"the answer", &question.answer}}) {
    if (sdp == &question.answer && sdp->empty()) continue;
    if (const auto parsed = sdp::Document::parse(*sdp); !parsed)
      return std::string(what) + " is no SDP: " + sdp::to_string(parsed.error());
  }
  if (!has_msrp(question.offer))
    return std::string("the offer has no m=message section with TCP/MSRP or TCP/TLS/MSRP");
  return base::Ok{};
}

}  // namespace

base::Result<ng::Dictionary, std::string> explain(const Question& question) {
  if (const auto good = check(question); !good) return good.error();
  auto gateway = dry_gateway(question.config);
  if (!gateway) return gateway.error();
  NoLog log;
  crypto::SystemRandom random;
  auto options = controller_options(question.config, 1);
  options.resolve = [](const std::string& host, const auto& done) { done(net::look_up(host)); };
  controller::Controller controller(std::move(options), *gateway, random, log);

  ng::Dictionary out;
  const auto ask = [&](std::string_view name, std::string_view key,
                       const std::string& sdp) -> base::Result<base::Ok, std::string> {
    const auto request = ng::parse_request(command(name, question, sdp));
    if (!request) return request.error().reason;
    if (!request->unknown_flags.empty())
      return "no such flag: " + base::printable(request->unknown_flags.front());
    if (!request->unknown_keys.empty())
      return "no such flag: " + base::printable(request->unknown_keys.front());
    controller.execute(*request, base::Time{},
                       [&](const ng::Value& reply) { out.set(key, *reply.dictionary()); });
    return base::Ok{};
  };
  if (const auto asked = ask("offer", "offer", question.offer); !asked) return asked.error();
  bool served = is_served(*out.find("offer")->dictionary());
  if (served && !question.answer.empty()) {
    if (const auto asked = ask("answer", "answer", question.answer); !asked) return asked.error();
    served = is_served(*out.find("answer")->dictionary());
  }
  if (const auto asked = ask("query", "call", ""); !asked) return asked.error();
  const auto& last = *(out.find("answer") != nullptr ? out.find("answer") : out.find("offer"))->dictionary();
  const std::string mode(last.text("mode"));
  const std::string why(last.text(last.text("result") == "ok" ? "why" : "error-reason"));
  out.set("served", int{served});
  out.set("mode", mode);
  out.set("why", why);
  return out;
}

std::string explain_text(const ng::Dictionary& explained) {
  auto out = step_text("offer", *explained.find("offer")->dictionary());
  if (const auto* answer = explained.find("answer")) out += step_text("answer", *answer->dictionary());
  const auto& call = *explained.find("call")->dictionary();
  if (call.text("result") == "ok") out += call_text(call);
  return out;
}

}  // namespace app
