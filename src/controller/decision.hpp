#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "controller/controller.hpp"
#include "controller/facts.hpp"

/// What the controller decides, as pure functions from facts to a decision and its reason. No call state, no
/// SDP text, no gateway: the tables of these functions are their tests. An error is a sentence that says why
/// the section cannot be served.
namespace controller {

template <class T>
using Decided = base::Result<T, std::string>;

/// Which ends have TLS that ends at the gateway (interfaces.md "Security, in this order").
struct SecurityDecision {
  bool end_to_end = false;     // bytes and security attributes pass untouched
  bool offerer_tls = false;    // TLS with the offerer ends at the gateway
  bool answerer_tls = false;   // TLS with the answerer ends at the gateway
  bool offerer_e2ae = false;   // the offerer asked for it: its answer says a=3ge2ae:applied
  bool answerer_e2ae = false;  // the answerer is shown a=3ge2ae:applied
  std::string why = {};
};

/// What the command says of the section's security.
struct SecurityFlags {
  std::optional<ng::MsrpTls> tls = {};  // msrp-tls
  bool e2ae = false;                    // msrp-e2ae
};

/// The rules (1) to (5). A realm whose e2ae is required has no clear media: a section that would leave its
/// end plain is refused.
Decided<SecurityDecision> decide_security(const SectionFacts& offer, const SecurityFlags& flags,
                                          const RealmPolicy& offerer_realm,
                                          const RealmPolicy& answerer_realm);

/// Whether the answer keeps what was decided; the error says how it does not. Nothing ever falls back to
/// clear media here. `offered_tls`: the offer was TCP/TLS/MSRP.
Decided<base::Ok> check_answer(const SecurityDecision& decision, bool offered_tls, const SectionFacts& answer,
                               const RealmPolicy& answerer_realm);

/// Who opens the TCP connection towards the gateway, from the answerer's and the offerer's SDP roles.
struct Roles {
  bool offerer_active = true;  // the endpoint connects to the gateway
  bool answerer_active = false;
  friend bool operator==(const Roles&, const Roles&) = default;
};

/// RFC 4145 4, RFC 6135 4.2: no a=setup means an active offerer and a passive answerer. An offerer that
/// leaves the choice is made active: an access leg that only waits works behind any NAT (peers.md H14). End
/// to end, where the TLS roles follow the TCP roles, the answerer's choice is passed on instead. The error:
/// nobody would open the connection, or end-to-end TLS would have two clients.
Decided<Roles> decide_roles(const SectionFacts& offer, const SectionFacts& answer, bool end_to_end);

/// The error: the gateway would have to connect to that end, and its c= gives no address to connect to.
Decided<base::Ok> check_reachable(const SectionFacts& facts, bool active);

/// How an endpoint finds its peer and matches messages to its session (msrp-sec.md 2.15).
enum class PathHandling : std::uint8_t { cema, sessmatch, plain };

/// Of an end whose SDP is known.
PathHandling path_handling(const SectionFacts& facts, ng::MsrpPeer hint, Profile profile);
/// Of an end that has not said anything yet.
PathHandling expected_handling(ng::MsrpPeer hint, Profile profile);

/// Whether an offer shows the gateway's address in the path: only where the offerer matches sessions by
/// session-id, so that it accepts messages to that path, and the recipient may connect by it. Everybody else
/// is shown the real path, and msrp-cema says that c= and m= are where to connect (RFC 6714 4.2, 6).
bool shows_gateway(PathHandling offerer, PathHandling recipient);

struct PathDecision {
  bool rewrite_for_offerer = false;  // the offerer is shown the gateway's address in the answerer's path
  std::string why = {};
};
/// The error says why only an application-aware gateway could serve the pair. `answerer_saw_gateway`: the
/// offer showed the gateway's address in the path.
Decided<PathDecision> decide_path(PathHandling offerer, PathHandling answerer, const Roles& roles,
                                  bool answerer_saw_gateway);

}  // namespace controller
