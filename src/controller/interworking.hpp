#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "controller/controller.hpp"
#include "controller/facts.hpp"

/// Which end connects, what each end is shown of the other's path, and whether the application-agnostic mode
/// serves them or paths must be rewritten (TR 29.828 4.1.4, RFC 6714 6, msrp-sec.md 2.15). Pure functions
/// over a handful of small values: the rules stand in service(), everything else looks for the best that they
/// allow.
namespace controller {

/// How an endpoint finds its peer and matches messages to its session.
enum class PathHandling : std::uint8_t {
  cema,       // connects to c= and m=, compares whole URIs (RFC 6714)
  sessmatch,  // connects to the path, compares session-ids only (draft-ietf-simple-msrp-sessmatch)
  plain,      // connects to the path, compares whole URIs (RFC 4975)
};
std::string_view to_string(PathHandling handling) noexcept;

/// Of an end whose SDP is known.
PathHandling path_handling(const SectionFacts& facts, ng::MsrpPeer hint, Profile profile);
/// Of an end that has not said anything yet. Nothing: not known. `e2ae`: its registration indicated
/// msrp-tls;mediasec, so it is an IMS UE, which does CEMA (mandatory from Rel-8).
std::optional<PathHandling> expected_handling(ng::MsrpPeer hint, Profile profile, bool e2ae);

/// One end as it takes part in a session.
struct Side {
  PathHandling handling = PathHandling::plain;
  bool active = false;        // it connects to the gateway
  bool sees_gateway = false;  // its peer's path is shown to it with the gateway's address
};

/// What serves two ends, the better the greater.
enum class Service : std::uint8_t {
  none,      // no mode: the reason says which rule is against it
  aware,     // paths in messages must be rewritten
  agnostic,  // octets pass as they are
};
/// * Somebody must connect; with end-to-end TLS only one may, or there would be two TLS clients (RFC 6135 6).
/// * An end that connects by the path must see the gateway in it, or it would go past.
/// * An end that sees the gateway in the path writes that into its messages: only a peer that matches by
///   session-id takes them as they are. Rewriting is not possible inside end-to-end TLS.
Service service(const Side& a, const Side& b, bool end_to_end);

/// The roles that an end can take towards the gateway.
struct RoleChoice {
  bool active = true;
  bool passive = false;
  friend bool operator==(const RoleChoice&, const RoleChoice&) = default;
};
/// From its offer: no a=setup means active (RFC 4975 5.4); actpass leaves the choice, except that an end
/// behind a NAT, or without an address to connect to, can only connect itself. `so_far`: whether it is active
/// in the section as it runs; a later offer without a=setup asks for no other role.
RoleChoice roles_of_offer(const SectionFacts& offer, bool behind_nat, std::optional<bool> so_far = {});

/// An end whose offer is to be passed on.
struct Offering {
  PathHandling handling = PathHandling::plain;
  RoleChoice roles;
  bool end_to_end = false;
  sdp::Setup setup = sdp::Setup::active;        // as offered; end to end it is passed on as it is
  bool waits = false;                           // its role in the section as it runs
  ng::MsrpMode mode = ng::MsrpMode::automatic;  // the only one that may serve
  std::optional<bool> sees_gateway = {};        // in the path that it is shown, in the section as it runs
};
/// An end that is to answer.
struct Recipient {
  std::optional<PathHandling> handling;  // nothing: not known
  bool outgoing_only = false;            // behind a NAT: it can only connect itself
};

/// What the recipient of an offer is shown.
struct OfferPlan {
  sdp::Setup setup = sdp::Setup::actpass;
  bool shows_gateway = false;
  /// The worst and the best that its answer can make of it, if the recipient does as RFC 6135 4.2.2 says.
  Service worst = Service::none, best = Service::none;
  /// Whatever is answered, paths are rewritten: the recipient sees a path that is the gateway's own.
  bool aware = false;
};
/// The plan that promises most: the worst of the likely answers counts first, then the worst of all, then the
/// average; of equals the one that leaves the recipient most choice, then the one that touches the path
/// least. `forced`: msrp-setup.
OfferPlan plan_offer(const Offering& offerer, const Recipient& recipient, std::optional<sdp::Setup> forced);

/// What becomes of an answer.
struct AnswerPlan {
  Side offerer, answerer;
  Service service = Service::none;
};
/// `answerer`: as its answer has it. The offerer connects where that serves as well as waiting: a leg that
/// connects works behind any NAT. In a section that runs it rather stays what it is, and its connection with
/// it. Where paths are rewritten it is shown the gateway, or what it has been shown so far (RFC 6714 6.2).
AnswerPlan plan_answer(const Offering& offerer, const Side& answerer);

/// Why a plan serves nobody, and why one that serves does so in its mode, in words.
std::string why_not(const AnswerPlan& plan, const Offering& offerer);
std::string why_served(const AnswerPlan& plan);

}  // namespace controller
