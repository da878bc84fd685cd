#include "iq/remote_draft.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace iq {
namespace {

h248::CommandRequest audited(h248::CommandName name, std::string id, std::vector<h248::AuditToken> what) {
  h248::CommandRequest out{.name = name, .termination = {std::move(id)}};
  auto& items = out.descriptors.audit.emplace().items;
  items.assign(what.begin(), what.end());
  return out;
}

class Drafter {
 public:
  Drafter(const RemoteLegs& before, const LegWriter& writer, const RemotePackages& packages,
          std::uint32_t& events)
      : writer_(writer), packages_(packages), events_(events) {
    out_.after = before;
  }

  void operator()(const Reserve& reserve) {
    RemoteLeg leg;
    leg.number = TerminationId{++out_.after.last};
    leg.realm = reserve.realm;
    leg.config = reserve.config;
    leg.session_id = reserve.session_id;
    leg.port = reserve.port;
    add(writer_.add(leg, ++events_));
    out_.after.legs.push_back(std::move(leg));
  }
  void operator()(const Configure& configure) {
    auto* leg = find(configure.termination);
    if (leg == nullptr) return;
    merge(leg->config, configure.config);
    add(writer_.modify(*leg, configure.config, configure.config.silence ? ++events_ : events_));
  }
  void operator()(const Restart& restart) { signal(restart.termination, name::tcp_release); }
  void operator()(const Establish& establish) { signal(establish.termination, name::tcp_establish); }
  void operator()(const Subtract& subtract) {
    const auto* leg = find(subtract.termination);
    if (leg == nullptr) return;
    add(audited(h248::CommandName::subtract, leg->id, {h248::AuditToken::statistics}));
    std::erase_if(out_.after.legs, [&](const auto& each) { return each.number == subtract.termination; });
  }
  void operator()(const Release&) {
    add(audited(h248::CommandName::subtract, "*", {h248::AuditToken::statistics}));
    out_.after.legs.clear();
  }
  void operator()(const Audit&) {
    add(audited(h248::CommandName::audit_value, "*",
                {h248::AuditToken::media, h248::AuditToken::statistics}));
  }

  void begin(std::size_t procedure) { procedure_ = procedure; }
  const std::optional<Error>& error() const { return error_; }
  RemoteDraft take() { return std::move(out_); }

 private:
  void add(h248::CommandRequest command) {
    out_.commands.push_back(std::move(command));
    out_.procedures.push_back(procedure_);
  }
  void signal(TerminationId termination, std::string_view element) {
    const auto* leg = find(termination);
    if (leg == nullptr) return;
    if (!packages_.has("tcpbcc")) return fail(Errc::not_supported, "the gateway has no package tcpbcc");
    auto* modify = last_modify(leg->id);
    if (modify == nullptr || modify->descriptors.signals) {
      add({.name = h248::CommandName::modify, .termination = {leg->id}});
      modify = &out_.commands.back();
    }
    modify->descriptors.signals = writer_.signal(element);
  }
  /// Of the Modifies that nothing else has come behind.
  h248::CommandRequest* last_modify(const std::string& id) {
    for (auto it = out_.commands.rbegin(); it != out_.commands.rend(); ++it) {
      if (it->name != h248::CommandName::modify) break;
      if (it->termination.text == id) return &*it;
    }
    return nullptr;
  }
  /// One whose Add this same request carries has no name yet.
  RemoteLeg* find(TerminationId number) {
    auto* leg = out_.after.find(number);
    if (leg != nullptr && !leg->id.empty()) return leg;
    fail(Errc::unknown_termination, "no such termination");
    return nullptr;
  }
  void fail(Errc code, std::string text) { error_ = Error{code, std::move(text)}; }

  RemoteDraft out_;
  const LegWriter& writer_;
  const RemotePackages& packages_;
  std::uint32_t& events_;
  std::size_t procedure_ = 0;
  std::optional<Error> error_;
};

}  // namespace

RemoteLeg* RemoteLegs::find(TerminationId number) {
  const auto found =
      std::find_if(legs.begin(), legs.end(), [&](const auto& leg) { return leg.number == number; });
  return found == legs.end() ? nullptr : &*found;
}

const RemoteLeg* RemoteLegs::find(TerminationId number) const {
  const auto found =
      std::find_if(legs.begin(), legs.end(), [&](const auto& leg) { return leg.number == number; });
  return found == legs.end() ? nullptr : &*found;
}

const RemoteLeg* RemoteLegs::find(const h248::TerminationId& id) const {
  const auto found =
      std::find_if(legs.begin(), legs.end(), [&](const auto& leg) { return base::iequals(leg.id, id.text); });
  return found == legs.end() ? nullptr : &*found;
}

base::Result<RemoteDraft, Error> make_draft(const RemoteLegs& before, std::span<const Procedure> procedures,
                                            const LegWriter& writer, const RemotePackages& packages,
                                            std::uint32_t& events) {
  Drafter drafter(before, writer, packages, events);
  for (std::size_t i = 0; i < procedures.size(); ++i) {
    drafter.begin(i);
    std::visit(drafter, procedures[i]);
    if (drafter.error()) return *drafter.error();
  }
  return drafter.take();
}

}  // namespace iq
