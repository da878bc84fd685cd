#include "tests/scenario/player.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"
#include "tests/support/controller_room.hpp"

namespace scenario {
namespace {

/// Octets that a hole can stand for: ports, tls-ids.
constexpr std::string_view hole_octets = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_";

controller::E2ae e2ae_of(const std::string& text) {
  if (text == "off") return controller::E2ae::off;
  if (text == "required") return controller::E2ae::required;
  if (text == "preferred") return controller::E2ae::preferred;
  throw std::runtime_error("e2ae=" + text);
}

controller::Profile profile_of(const std::string& text) {
  if (text == "3gpp") return controller::Profile::threegpp;
  if (text == "gsma") return controller::Profile::gsma;
  if (text == "plain") return controller::Profile::plain;
  if (text == "auto") return controller::Profile::automatic;
  throw std::runtime_error("profile=" + text);
}

std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> out;
  while (!text.empty()) out.emplace_back(base::take_until(text, mark));
  return out;
}

void set(controller::RealmPolicy& realm, const std::string& key, const std::string& value) {
  if (key == "e2ae") {
    realm.e2ae = e2ae_of(value);
  } else if (key == "profile") {
    realm.profile = profile_of(value);
  } else if (key == "source_filter") {
    realm.filter_source = value != "none";
  } else if (key == "require_fingerprint") {
    realm.require_fingerprint = value == "true";
  } else if (key == "hashes") {
    realm.hashes = split(value, ',');
  } else if (key == "path_scheme") {
    realm.path_scheme = value == "leg" ? controller::PathScheme::leg : controller::PathScheme::keep;
  } else if (key == "accept_types") {
    realm.accept_types = split(value, ',');
  } else if (key == "max_message") {
    realm.max_message = std::stoull(value);
  } else if (key != "address" && key != "advertise" && key != "port") {
    throw std::runtime_error("realm: unknown key " + key);
  }
}

iq::Event event_of(const std::string& text) {
  for (const auto event :
       {iq::Event::connected, iq::Event::tcp_failed, iq::Event::tls_failed, iq::Event::refused,
        iq::Event::released, iq::Event::inactive, iq::Event::timed_out})
    if (to_string(event) == text) return event;
  throw std::runtime_error("no such event: " + text);
}

std::string name_of(std::optional<iq::Transport> transport) {
  if (!transport) return "TCP";
  return std::string(iq::is_tls(*transport) ? "TCP/TLS" : "TCP") + (iq::is_aware(*transport) ? "/MSRP" : "");
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ",") + part;
  return out.empty() ? "none" : out;
}

/// Blanks would end a word of `= leg`.
std::string underscored(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

/// What a termination was told, by the keys of `= leg`.
std::string told(const test::FakeGateway::Termination& leg, const std::string& key) {
  const auto& config = leg.config;
  std::vector<std::string> parts;
  if (key == "transport") return name_of(config.transport);
  if (key == "role") return config.setup == iq::Setup::active ? "active" : "passive";
  if (key == "remote") return config.remote ? config.remote->to_string() : "none";
  if (key == "restarts") return std::to_string(leg.restarts);
  if (key == "filter") {
    if (!config.source_filter) return "unset";
    for (const auto& ip : *config.source_filter) parts.push_back(ip.to_string());
    return joined(parts);
  }
  if (key == "local_path" && config.local_path) return joined(*config.local_path);
  if (key == "remote_path" && config.remote_path) return joined(*config.remote_path);
  if (key == "match" && config.match_session_id) return *config.match_session_id ? "session-id" : "uri";
  if (key == "local_path" || key == "remote_path" || key == "match") return "unset";
  if (key == "fingerprints") {
    if (!config.remote_fingerprints) return "unset";
    for (const auto& each : *config.remote_fingerprints) parts.push_back(base::to_string(each));
    return underscored(joined(parts));
  }
  throw std::runtime_error("leg: unknown key " + key);
}

}  // namespace

controller::Options Player::options_of(const Script& script) {
  auto out = test::ControllerRoom::two_realms();
  if (!script.realms.empty()) out.realms.clear();
  for (const auto& [name, keys] : script.realms) {
    auto& realm = out.realms.emplace_back();
    realm.name = name;
    for (const auto& [key, value] : keys) set(realm, key, value);
  }
  std::map<std::string, std::vector<base::IpAddress>> names;
  for (const auto& [host, addresses] : script.names)
    for (const auto& [text, nothing] : addresses) names[host].push_back(base::IpAddress::parse(text).value());
  out.resolve = [names](const std::string& host, const auto& done) {
    const auto found = names.find(host);
    done(found == names.end() ? std::vector<base::IpAddress>() : found->second);
  };
  return out;
}

std::unique_ptr<Stage> Player::stage_of(const Script& script, Carrier carrier) {
  auto options = options_of(script);
  std::vector<Realm> realms;
  for (const auto& realm : options.realms) realms.push_back({realm.name});
  for (const auto& [name, keys] : script.realms)
    for (const auto& [key, value] : keys)
      for (auto& realm : realms)
        if (realm.name == name && key == "address") realm.ipv6 = value.find(':') != value.npos;
  switch (carrier) {
    case Carrier::direct:
      return near_stage(std::move(options));
    case Carrier::loop:
      return loop_stage(std::move(options), realms);
    case Carrier::udp:
      return far_stage(std::move(options), realms, "udp");
    case Carrier::tcp:
      return far_stage(std::move(options), realms, "tcp");
  }
  return nullptr;
}

Player::Player(const Script& script, Carrier carrier) : script_(script), stage_(stage_of(script, carrier)) {
  auto& gateway = stage_->gateway();
  for (const auto& [name, keys] : script.realms) {
    for (const auto& [key, value] : keys) {
      if (key == "address") gateway.addresses[name] = value;
      if (key == "advertise") gateway.advertised_of[name] = value;
      if (key == "port") gateway.shared_ports[name] = std::uint16_t(std::stoul(value));
    }
  }
  holes_ = {{"ue", std::string(test::fingerprint_of_ue)},
            {"peer", std::string(test::fingerprint_of_other)},
            {"gw", base::to_string(gateway.fingerprint)}};
}

std::string Player::play() {
  for (const auto& step : script_.steps) {
    try {
      if (step.kind == Step::Kind::command) command(step);
      if (step.kind == Step::Kind::reply) reply(step);
      if (step.kind == Step::Kind::check) check(step);
    } catch (const std::exception& error) {
      fail(step, error.what());
    }
    if (!stage_->gateway().fault.empty()) fail(step, stage_->gateway().fault);
    if (!wrong_.empty()) break;  // what follows would only repeat it
  }
  return wrong_;
}

std::string Player::actual() {
  std::string out;
  for (const auto& step : script_.steps) {
    if (step.kind != Step::Kind::command) continue;
    answer_ = {};
    command(step);
    out += "> " + step.verb + (step.rest.empty() ? "" : " " + step.rest) + "\n" + step.sdp;
    if (answer_.entries().empty()) continue;  // time, gateway
    out += reply_as_text() + legs_as_text() + "\n";
  }
  for (const auto& [name, value] : holes_) {
    for (const auto& text : {value, underscored(value)})
      for (auto at = out.find(text); at != out.npos; at = out.find(text, at))
        out.replace(at, text.size(), "<" + name + ">");
  }
  return out;
}

std::string Player::reply_as_text() const {
  std::string out;
  for (const auto* key : {"error-reason", "warning"})
    if (const auto text = answer_.text(key); !text.empty())
      out += std::string(key == std::string("warning") ? "< warning " : "< error ").append(text) + "\n";
  if (!out.empty()) return out;
  const std::string mode(answer_.text("mode"));
  out += "< ok" + (mode.empty() ? "" : " " + mode) + "\n";
  if (const auto why = answer_.text("why"); !why.empty()) out.append("why: ").append(why) += '\n';
  out += answer_.text("sdp");
  std::erase(out, '\r');
  return out;
}

std::string Player::legs_as_text() const {
  std::string out;
  std::size_t number = 0;
  for (const auto& [id, context] : stage_->gateway().contexts) {
    ++number;
    for (const auto& leg : context) {
      out += "= leg " + (number == 1 ? "" : std::to_string(number) + " ") + leg.realm;
      for (const auto* key : {"transport", "role", "remote", "filter", "fingerprints", "restarts",
                              "local_path", "remote_path", "match"})
        if (told(leg, key) != "unset") out.append(" ").append(key).append("=").append(told(leg, key));
      out += '\n';
    }
  }
  return out;
}

void Player::command(const Step& step) {
  using enum ng::Command;
  if (step.verb == "offer") return exchange(step, offer);
  if (step.verb == "answer") return exchange(step, answer);
  if (step.verb == "delete") return exchange(step, delete_call);
  if (step.verb == "query") return exchange(step, query);
  if (step.verb == "time") return stage_->pass(std::chrono::seconds(std::stoi(step.rest)));
  if (step.verb == "gateway") {
    std::string_view rest = step.rest;
    const std::string event(base::take_until(rest, ' '));
    return stage_->tell(event_of(event), std::string(rest));
  }
  throw std::runtime_error("no such command: " + step.verb);
}

void Player::exchange(const Step& step, ng::Command what) {
  ng::Dictionary request;
  const auto usual = [&](const char* key, const char* value) { request.set(key, value); };
  request.set("command", name_of(what));
  usual("call-id", "call-1");
  if (what != ng::Command::query) usual("from-tag", "alice");
  if (what == ng::Command::answer) usual("to-tag", "bob");
  const auto given = words(step.rest);
  const bool says_direction =
      std::ranges::any_of(given, [](const auto& w) { return w.first == "direction"; });
  if (what == ng::Command::offer && !says_direction) request.set("direction", ng::List{"access", "core"});
  ng::List flags;
  for (const auto& [key, value] : given) {
    if (key == "direction" && value.empty()) continue;  // none at all
    if (key == "direction") {
      ng::List realms;
      for (const auto& realm : split(value, ',')) realms.emplace_back(realm);
      request.set("direction", std::move(realms));
    } else if (key == "received-from") {
      const auto family = value.find(':') == value.npos ? "IP4" : "IP6";
      request.set("received-from", ng::List{family, value});
    } else if (value.empty() && key != "from-tag" && key != "to-tag") {
      flags.emplace_back(key);
    } else {
      request.set(key, value);
    }
  }
  if (!flags.empty()) request.set("flags", std::move(flags));
  if (!step.sdp.empty()) request.set("sdp", on_wire(fill(step.sdp)));
  auto parsed = ng::parse_request(request);
  if (!parsed) throw std::runtime_error(parsed.error().reason);
  answer_ = stage_->run(*parsed);
}

void Player::reply(const Step& step) {
  if (step.verb == "error") return match(step.rest, answer_.text("error-reason"), step, "the error");
  if (step.verb == "warning") return match(step.rest, answer_.text("warning"), step, "the warning");
  if (step.verb != "ok") throw std::runtime_error("no such reply: " + step.verb);
  if (answer_.text("result") != "ok")
    return fail(step, "an error came: " + std::string(answer_.text("error-reason")));
  match(step.rest, answer_.text("mode"), step, "the mode");
  if (!step.why.empty()) match(step.why, answer_.text("why"), step, "why");
  if (!step.sdp.empty()) match(on_wire(step.sdp), answer_.text("sdp"), step, "the SDP");
}

std::string Player::last_released() {
  const auto released = stage_->state().released;
  return released.empty() ? "nothing" : released;
}

void Player::check(const Step& step) {
  if (step.verb == "leg") return check_leg(step);
  if (step.verb == "contexts")
    return match(step.rest, std::to_string(stage_->gateway().contexts.size()), step,
                 "the number of contexts");
  if (step.verb == "calls")
    return match(step.rest, std::to_string(stage_->state().calls), step, "the number of calls");
  if (step.verb == "query") return check_query(step);
  if (step.verb == "released") return match(step.rest, last_released(), step, "what was told of the end");
  if (step.verb == "clean" && !stage_->is_clean()) return fail(step, "something of a call is left");
  if (step.verb != "clean") throw std::runtime_error("no such check: " + step.verb);
}

/// "query key=value...": of what the command of that name answers the texts at its top, and "sections" (their
/// states), "branches" and "forks" (how many besides the one shown).
void Player::check_query(const Step& step) {
  auto request = test::ControllerRoom::request(ng::Command::query);
  request.from_tag.clear();
  const auto found = stage_->run(request);
  const auto items = [&](const char* key) {
    const auto* value = found.find(key);
    return value == nullptr ? ng::List{} : *value->list();
  };
  for (const auto& [key, value] : words(step.rest)) {
    std::string real(found.text(key));
    if (key == "branches" || key == "forks") real = std::to_string(items(key.c_str()).size());
    if (key == "sections") {
      std::vector<std::string> states;
      for (const auto& section : items("sections")) states.emplace_back(section.dictionary()->text("state"));
      real = joined(states);
    }
    if (real != value) return fail(step, "query: " + key + " is " + real);
  }
}

/// "leg REALM key=value...", of the first context, or "leg 2 REALM ..." of another one.
void Player::check_leg(const Step& step) {
  auto keys = words(step.rest);
  std::size_t number = 1;
  if (const auto given = base::parse_uint<std::size_t>(keys.at(0).first)) {
    number = *given;
    keys.erase(keys.begin());
  }
  if (stage_->gateway().contexts.size() < number) return fail(step, "there is no such context");
  auto context = stage_->gateway().contexts.begin();
  std::advance(context, std::ptrdiff_t(number) - 1);
  const std::string realm = keys.at(0).first;
  keys.erase(keys.begin());
  std::string found;
  for (const auto& leg : context->second) {
    if (leg.realm != realm) continue;
    bool all = true;
    std::string is;
    for (const auto& [key, value] : keys) {
      const auto expected = underscored(fill(value));
      const auto real = told(leg, key);
      all = all && real == expected;
      is += " " + key + "=" + real;
    }
    if (all) return;
    found += is + ";";
  }
  fail(step, "no leg of realm " + realm + " is like that, but:" + found);
}

std::string Player::on_wire(const std::string& text) const {
  return script_.bare_lf ? text : test::crlf(text);
}

/// Holes that have their octets.
std::string Player::fill(const std::string& text) const {
  auto out = text;
  for (const auto& [name, value] : holes_) {
    const auto mark = "<" + name + ">";
    for (auto at = out.find(mark); at != out.npos; at = out.find(mark, at + value.size()))
      out.replace(at, mark.size(), value);
  }
  return out;
}

/// Octet for octet; a hole takes what stands in its place, and another one must take something else.
void Player::match(const std::string& expected, std::string_view found, const Step& step,
                   const std::string& what) {
  auto text = fill(expected);
  for (std::size_t at = 0; at < text.size() && at < found.size();) {
    if (text[at] == found[at]) {
      ++at;
      continue;
    }
    const auto close = text.find('>', at);
    if (text[at] != '<' || close == text.npos) break;
    const auto name = text.substr(at + 1, close - at - 1);
    const auto end = std::min(found.find_first_not_of(hole_octets, at), found.size());
    const std::string value(found.substr(at, end - at));
    for (const auto& [other, taken] : holes_)
      if (taken == value)
        return fail(step, "<" + name + "> would be " + value + ", and so is <" + other + ">");
    if (value.empty() || name.empty()) break;
    holes_[name] = value;
    text = text.substr(0, at) + fill(text.substr(at));
  }
  if (text != found)
    fail(step, what + " is not as expected.\n--- expected\n" + text + "\n--- found\n" + std::string(found));
}

void Player::fail(const Step& step, const std::string& what) {
  wrong_ += "line " + std::to_string(step.line) + ": " + what + "\n";
}

}  // namespace scenario
