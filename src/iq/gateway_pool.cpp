#include "iq/gateway_pool.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace iq {
namespace {

constexpr unsigned whole = 100;  // percent

/// The realms that a request needs, in order.
std::vector<std::string> realms_of(const Request& request) {
  std::vector<std::string> out;
  for (const auto& procedure : request.procedures)
    if (const auto* reserve = std::get_if<Reserve>(&procedure)) out.push_back(reserve->realm);
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out.append(out.empty() ? "'" : ", '").append(name).append("'");
  return out;
}

/// How many terminations more there are after the first `done` procedures.
std::int64_t growth(const std::vector<Procedure>& procedures, std::size_t done) {
  std::int64_t out = 0;
  for (std::size_t i = 0; i < std::min(done, procedures.size()); ++i) {
    out += std::holds_alternative<Reserve>(procedures[i]) ? 1 : 0;
    out -= std::holds_alternative<Subtract>(procedures[i]) ? 1 : 0;
  }
  return out;
}

bool releases(const std::vector<Procedure>& procedures) {
  return std::any_of(procedures.begin(), procedures.end(),
                     [](const auto& procedure) { return std::holds_alternative<Release>(procedure); });
}

/// What another gateway may be able to do.
bool is_for_others(Errc code) {
  return code == Errc::out_of_ports || code == Errc::out_of_resources || code == Errc::unreachable;
}

}  // namespace

struct GatewayPool::Impl {
  struct Entry {
    MediaGateway* gateway;
    Traits traits;
    bool live = true;
    unsigned reduction = 0;
    unsigned overload = 0;
    unsigned credit = 0;  // of `whole`, towards the next context that is let through in spite of reduction
    std::size_t contexts = 0;             // those that are being made, too
    std::map<ContextId, ContextId> ours;  // by the gateway's number
    /// Of new contexts, beside others'.
    std::size_t share() const { return std::size_t{traits.weight} * (whole + 1 - overload); }
  };
  struct Place {
    Member member;
    ContextId theirs;
    std::int64_t terminations;
  };

  bool serves(const Entry& entry, const std::vector<std::string>& realms) const;
  std::vector<Member> candidates(const std::vector<std::string>& realms) const;
  base::Result<Member, Error> choose(const Request& request, const std::vector<Member>& tried);
  void begin(Request request, Done done, std::vector<Member> tried);
  void go_on(Request request, Done done);
  base::Result<Reply, Error> begun(Member member, std::int64_t terminations,
                                   base::Result<Reply, Error> reply);
  void executed(ContextId context, const std::vector<Procedure>& procedures,
                const base::Result<Reply, Error>& reply);
  void forget(ContextId context);
  void on_notification(Member member, Notification notification);

  std::map<Member, Entry> members;
  std::map<ContextId, Place> contexts;
  Member last_member = 0;
  std::uint64_t last_context = 0;
  Listener listener;
};

bool GatewayPool::Impl::serves(const Entry& entry, const std::vector<std::string>& realms) const {
  const auto& own = entry.traits.realms;
  return own.empty() || std::all_of(realms.begin(), realms.end(), [&](const std::string& realm) {
           return std::find(own.begin(), own.end(), realm) != own.end();
         });
}

/// Least loaded for its weight first.
std::vector<GatewayPool::Member> GatewayPool::Impl::candidates(const std::vector<std::string>& realms) const {
  std::vector<Member> out;
  for (const auto& [member, entry] : members)
    if (entry.live && entry.traits.weight > 0 && serves(entry, realms)) out.push_back(member);
  std::sort(out.begin(), out.end(), [&](Member a, Member b) {
    const auto& left = members.at(a);
    const auto& right = members.at(b);
    const auto of_left = (left.contexts + 1) * right.share();
    const auto of_right = (right.contexts + 1) * left.share();
    return of_left != of_right ? of_left < of_right : a < b;
  });
  return out;
}

base::Result<GatewayPool::Member, Error> GatewayPool::Impl::choose(const Request& request,
                                                                   const std::vector<Member>& tried) {
  const auto realms = realms_of(request);
  auto able = candidates(realms);
  std::erase_if(able,
                [&](Member member) { return std::find(tried.begin(), tried.end(), member) != tried.end(); });
  if (able.empty())
    return Error{Errc::unreachable,
                 realms.empty() ? "no gateway is there" : "no gateway serves realm " + joined(realms)};
  for (const auto member : able) {
    auto& entry = members.at(member);
    entry.credit += whole - entry.reduction;
    if (entry.credit < whole) continue;
    entry.credit -= whole;
    return member;
  }
  return Error{Errc::out_of_resources, "the gateways have asked for fewer contexts"};
}

/// Who is full, or does not answer, has others asked in its place.
void GatewayPool::Impl::begin(Request request, Done done, std::vector<Member> tried) {
  const auto member = choose(request, tried);
  if (!member) return done(member.error());
  auto& entry = members.at(*member);
  ++entry.contexts;
  tried.push_back(*member);
  auto asked = request;
  entry.gateway->execute(std::move(asked), [this, request = std::move(request), done = std::move(done),
                                            tried = std::move(tried)](auto reply) mutable {
    auto outcome =
        begun(tried.back(), growth(request.procedures, request.procedures.size()), std::move(reply));
    if (outcome || !is_for_others(outcome.error().code) || !choose(request, tried))
      return done(std::move(outcome));
    begin(std::move(request), std::move(done), std::move(tried));
  });
}

base::Result<Reply, Error> GatewayPool::Impl::begun(Member member, std::int64_t terminations,
                                                    base::Result<Reply, Error> reply) {
  const auto found = members.find(member);
  if (found == members.end()) {
    if (!reply) return reply;
    return Error{Errc::unreachable, "the gateway is gone"};
  }
  if (!reply || terminations <= 0) {  // none that lasts
    --found->second.contexts;
    return reply;
  }
  // A number that the gateway gives anew is another context, whether the earlier one was released here or
  // not.
  if (const auto earlier = found->second.ours.find(reply->context); earlier != found->second.ours.end())
    forget(earlier->second);
  const ContextId ours{++last_context};
  contexts.emplace(ours, Place{member, reply->context, terminations});
  found->second.ours[reply->context] = ours;
  reply->context = ours;
  return reply;
}

void GatewayPool::Impl::go_on(Request request, Done done) {
  const auto place = contexts.find(request.context);
  if (place == contexts.end()) return done(Error{Errc::unknown_context, "no such context"});
  const auto ours = std::exchange(request.context, place->second.theirs);
  auto procedures = request.procedures;
  members.at(place->second.member)
      .gateway->execute(std::move(request),
                        [this, ours, procedures = std::move(procedures), done = std::move(done)](auto reply) {
                          executed(ours, procedures, reply);
                          if (reply) reply->context = ours;
                          done(std::move(reply));
                        });
}

/// Whether the context is still there. Whatever the reply to a Release, no gateway knows it any more.
void GatewayPool::Impl::executed(ContextId context, const std::vector<Procedure>& procedures,
                                 const base::Result<Reply, Error>& reply) {
  const auto place = contexts.find(context);
  if (place == contexts.end()) return;
  if (!reply && reply.error().code == Errc::unknown_context) return forget(context);
  const auto done = reply ? procedures.size() : reply.error().procedure;
  place->second.terminations += growth(procedures, done);
  if (place->second.terminations <= 0 || releases(procedures)) forget(context);
}

void GatewayPool::Impl::forget(ContextId context) {
  auto place = contexts.extract(context);
  auto& entry = members.at(place.mapped().member);
  entry.ours.erase(place.mapped().theirs);
  --entry.contexts;
}

void GatewayPool::Impl::on_notification(Member member, Notification notification) {
  const auto entry = members.find(member);
  if (entry == members.end() || !listener) return;
  const auto ours = entry->second.ours.find(notification.context);
  if (ours == entry->second.ours.end()) return;
  notification.context = ours->second;
  listener(notification);
}

GatewayPool::GatewayPool() : impl_(std::make_unique<Impl>()) {}
GatewayPool::~GatewayPool() = default;

GatewayPool::Member GatewayPool::add(MediaGateway& gateway, Traits traits) {
  const auto member = ++impl_->last_member;
  impl_->members.emplace(member, Impl::Entry{.gateway = &gateway, .traits = std::move(traits), .ours = {}});
  gateway.set_listener(
      [this, member](const Notification& notification) { impl_->on_notification(member, notification); });
  return member;
}

void GatewayPool::set_traits(Member member, Traits traits) {
  impl_->members.at(member).traits = std::move(traits);
}

void GatewayPool::set_live(Member member, bool live) {
  impl_->members.at(member).live = live;
}

void GatewayPool::set_overload(Member member, unsigned percent) {
  impl_->members.at(member).overload = std::min(percent, whole);
}

void GatewayPool::set_reduction(Member member, unsigned percent) {
  auto& entry = impl_->members.at(member);
  entry.reduction = std::min(percent, whole);
  entry.credit = 0;
}

void GatewayPool::remove(Member member) {
  const auto entry = impl_->members.extract(member);
  for (const auto& [theirs, ours] : entry.mapped().ours) impl_->contexts.erase(ours);
  entry.mapped().gateway->set_listener({});
}

std::size_t GatewayPool::contexts(Member member) const {
  return impl_->members.at(member).contexts;
}

void GatewayPool::execute(Request request, Done done) {
  if (request.context) return impl_->go_on(std::move(request), std::move(done));
  impl_->begin(std::move(request), std::move(done), {});
}

void GatewayPool::set_listener(Listener listener) {
  impl_->listener = std::move(listener);
}

}  // namespace iq
