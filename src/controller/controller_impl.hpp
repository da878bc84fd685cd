#pragma once
// The controller's inside, for this room's .cpp files: controller.cpp (commands and their turns, time),
// branches.cpp (which branch a command means, forks), calls.cpp (how calls end), sessions.cpp (how the
// session of a context ends), offer.cpp, drafts.cpp (what an offer makes of what is there), answer.cpp,
// legs.cpp (what the gateway is told),
// report.cpp (what is told of calls).
#include <deque>
#include <memory>
#include <set>
#include <unordered_map>

#include "controller/call.hpp"
#include "controller/controller.hpp"
#include "controller/filters.hpp"
#include "controller/paths.hpp"
#include "controller/rewrite.hpp"
#include "proto/ng/reply.hpp"

namespace controller {

/// An offer or answer on its way through the gateway, section by section. Lives until its reply.
struct Exchange {
  std::string call_id, from_tag, to_tag, via_branch;
  std::uint64_t serial = 0;  // of the branch
  Party sender = Party::caller;
  std::array<RealmPolicy, 2> realms = {};  // of sender and recipient; of an offer only
  OfferFlags flags = {};
  ng::MsrpPeer peer = ng::MsrpPeer::automatic;
  std::string unserved = {};  // not empty: why no section of this offer can be served
  std::optional<base::IpAddress> received_from = {};
  std::optional<ng::Direction> direction = {};
  Names names = {};
  sdp::Document document;                     // on its way: section by section what goes out
  std::optional<sdp::Document> arrived = {};  // as it came, where an offer has several MSRP sections
  std::vector<sdp::Section> sections = {};    // of MSRP
  std::size_t next = 0;
  std::vector<std::string> refusals = {};  // why sections were refused
  bool answers_offer = true;  // an answer to an offer that waits; not one that repeats what was answered
  bool another_fork = false;  // somebody else has answered that offer before
  std::string mode = {}, why = {};  // of the first section that is served
  Controller::Done done = {};

  void fail(std::string_view reason) const { done(ng::print_reply(ng::Reply::error(reason))); }
};
using ExchangePtr = std::shared_ptr<Exchange>;

/// Why the deadline frees a call that returned to another fork, and that nobody connects to.
inline constexpr std::string_view fork_gone = "fork_gone";

class Controller::Impl {
 public:
  Impl(Options options, iq::MediaGateway& gateway, base::Random& random, base::Log& log);

  void execute(const ng::Request& request, base::Time now, Done done);
  void on_time(base::Time now);
  base::Time deadline() const;
  void release_all(base::Time now, std::function<void()> done);
  Gauges gauges() const;
  void set_policy(std::vector<RealmPolicy> realms) { options_.realms = std::move(realms); }
  void set_on_released(std::function<void(const ReleasedCall&)> on_released) {
    on_released_ = std::move(on_released);
  }
  void set_on_session_ended(std::function<void(const EndedSession&)> on_session_ended) {
    on_session_ended_ = std::move(on_session_ended);
  }

 private:
  using CallPtr = std::unique_ptr<Call>;
  /// Commands of one call are carried out one behind the other, in the order of their arrival: a gateway may
  /// answer later, and a delete must not overtake the offer before it.
  struct Turns {
    std::size_t running = 0;
    std::deque<std::pair<ng::Request, Done>> waiting;
  };
  /// What belongs to one call-id.
  struct Family {
    std::vector<std::uint64_t> serials;  // of its branches, in the order of their offers
    std::vector<std::string> gone;  // via-branches of those that are no more: what comes for them is late

    void forget(const std::string& via_branch, std::size_t most) {
      if (!gone.empty() && gone.size() >= most) gone.erase(gone.begin());
      gone.push_back(via_branch);
    }
  };
  struct Place {
    std::uint64_t serial;
    std::size_t section;
    base::Time reserved;
    std::array<bool, 2> connected_legs = {};
    std::optional<base::Time> connected = {};  // both of them, the first time
    bool refusal_logged = false;               // strays can be many; the counters know all
    std::string failure = {};                  // the event that is about to end it
  };

  // controller.cpp
  void take_turn(const ng::Request& request, Done done);
  void run(const ng::Request& request, Done done);
  void leave(const std::string& call_id);
  base::Result<Exchange, std::string> exchange_of(const ng::Request& request) const;
  void with_names(ExchangePtr exchange, std::function<void(const ExchangePtr&)> then);
  const RealmPolicy* realm(std::string_view name) const;
  void on_call_time(Call& call);

  // branches.cpp
  std::vector<Call*> branches(const std::string& call_id) const;
  Call* branch_of_offer(Exchange& exchange) const;
  Call* branch_of_answer(const Exchange& exchange) const;
  std::vector<Call*> branches_to_delete(const ng::Request& request) const;
  bool is_gone(const std::string& call_id, const std::string& via_branch, const std::string& from_tag,
               const std::string& to_tag) const;
  Call* branch_to_show(const ng::Request& request) const;
  bool drop_fork(const ng::Request& request, Done& done);
  static void follow_fork(Call& call, const std::string& tag);
  const std::string* serving_fork(const Call& call) const;
  void return_to_fork(Call& call, std::string tag, bool must_connect, std::function<void()> done);

  // offer.cpp
  void offer(const ng::Request& request, Done done);
  void start_offer(const ExchangePtr& exchange);
  Decided<Call*> call_of_offer(Exchange& exchange);
  Decided<base::Ok> choose_realms(Exchange& exchange, const Call& call) const;
  static void start_draft(Call& call, Party sender);
  void offer_next(const ExchangePtr& exchange);
  void offer_section(const ExchangePtr& exchange, Call& call, sdp::Section section);
  static Decided<base::Ok> filter(Exchange& exchange, sdp::Section section, const MediaSection& media);
  void refuse_offer(const ExchangePtr& exchange, Call& call, sdp::Section section, std::string why);
  void reserve(const ExchangePtr& exchange, sdp::Section section, MediaSection media);
  void reserved(const ExchangePtr& exchange, sdp::Section section, MediaSection media,
                base::Result<iq::Reply, iq::Error> reply);
  void write_offer(Exchange& exchange, sdp::Section section, MediaSection& media);
  void offer_failed(const ExchangePtr& exchange, std::string_view reason);
  void offer_done(const ExchangePtr& exchange);

  // drafts.cpp
  static OfferFlags flags_of(const Exchange& exchange, const Call& call, std::size_t index);
  static const MediaSection* same_offer(const Call& call, std::size_t index, const MediaSection& media);
  static bool is_superseded(const Exchange& exchange, const Call& call, sdp::Section section,
                            const MediaSection& media);
  static MediaSection draft(const Exchange& exchange, const Call& call, std::size_t index);
  static bool reuse_context(const Call& call, std::size_t index, MediaSection& media);
  void stage(Call& call, std::size_t index, MediaSection media);

  // answer.cpp
  void answer(const ng::Request& request, Done done);
  void start_answer(const ExchangePtr& exchange);
  void answer_nothing(const ExchangePtr& exchange);
  void refuse_all(const ExchangePtr& exchange, const std::string& why);
  void repeat_answer(const ExchangePtr& exchange, Call& call);
  void answer_next(const ExchangePtr& exchange);
  void answer_section(const ExchangePtr& exchange, Call& call, sdp::Section section, MediaSection media);
  void serve_answer(const ExchangePtr& exchange, Call& call, sdp::Section section, MediaSection media,
                    const AnswerDecision& decision);
  void answered(const ExchangePtr& exchange, sdp::Section section, MediaSection media,
                const AnswerDecision& decision, const base::Result<iq::Reply, iq::Error>& reply);
  void refuse_answer(const ExchangePtr& exchange, Call& call, sdp::Section section, std::string why);
  void write_answer(Exchange& exchange, sdp::Section section, MediaSection& media,
                    const AnswerDecision& decision);
  void answer_done(const ExchangePtr& exchange);
  void finish_answer(const ExchangePtr& exchange);

  // calls.cpp
  Call* find(std::uint64_t serial) const;
  void remove(const ng::Request& request, Done done);
  CallPtr take(Call& call);
  void free_calls(std::vector<CallPtr> calls, const std::string& reason,
                  std::function<void(std::vector<CallPtr>&)> done);
  void free_call(CallPtr call, const std::string& reason);
  void close_section(Call& call, std::size_t index, std::string why);
  void drop_offered(Call& call, std::string_view reason);
  void drop_crossed(Call& call, std::string_view reason);
  void drop(iq::ContextId context, std::string_view reason, std::string_view text = {});
  void set_deadline(Call& call, base::Time deadline, std::string ending);
  void settle(Call& call);
  void on_notification(const iq::Notification& notification);
  void on_connected(Call& call, Place& place, std::optional<std::size_t> leg);
  void tell_released(const Call& call, std::string reason, std::string cause, std::string mode);
  void section_ended(Call& call, std::size_t index, const iq::Notification& notification);

  // sessions.cpp
  /// Gets the context's totals, or none where the gateway does not tell them.
  using Kept = std::function<void(std::vector<iq::TerminationStatus> totals)>;
  EndedSession session_of(const Call& call, const Place& place, const MediaSection& media) const;
  std::optional<EndedSession> end_session(const Call& call, iq::ContextId context, std::string_view cause,
                                          std::string_view text);
  void release(iq::ContextId context, EndedSession session, Kept kept);
  void release_keeping(const Call& call, iq::ContextId context, EndedSession session);

  // report.cpp
  void query(const ng::Request& request, Done done);
  void list(const ng::Request& request, const Done& done) const;
  void statistics(const Done& done) const;

  // legs.cpp
  void settle_mode(MediaSection& media, Party answerer, const AnswerDecision& decision);
  void ensure_gateway_uri(MediaSection& media, Party party);
  static iq::Transport transport_of(const MediaSection& media, Party party);
  static iq::TerminationConfig config_of(const MediaSection& media, Party party, bool active);
  static iq::Request configuration(const MediaSection& media, const MediaSection* before);

  /// The a=tls-id that this party is shown.
  const std::string& shown_tls_id(MediaSection& media, Party party);

  Options options_;
  iq::MediaGateway& gateway_;
  base::Random& random_;
  base::Log& log_;
  base::Time now_{};
  std::uint64_t serials_ = 0;
  std::unordered_map<std::uint64_t, CallPtr> calls_;  // branches, by their serials
  std::unordered_map<std::string, Family> branches_;  // by call-id
  std::unordered_map<std::string, Turns> turns_;      // of the calls that something is going on with
  std::unordered_map<iq::ContextId, Place> contexts_;
  std::set<std::pair<base::Time, std::uint64_t>> deadlines_;
  std::function<void(const ReleasedCall&)> on_released_;
  std::function<void(const EndedSession&)> on_session_ended_;
  std::map<std::string, std::uint64_t> closed_;
  std::uint64_t offers_ = 0, answers_ = 0, calls_total_ = 0;
};

/// The error: the gateway would have to connect to an end whose address family its realm does not have.
Decided<base::Ok> check_families(const MediaSection& media);
/// Sections and totals as `query` and `delete` answer them: as many sections in full as fit a datagram.
void describe(ng::Dictionary& out, const std::vector<const Call*>& calls);

}  // namespace controller
