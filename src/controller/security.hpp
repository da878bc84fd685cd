#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "controller/controller.hpp"
#include "controller/facts.hpp"

namespace controller {

/// An error is a sentence that says why the section cannot be served.
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

/// What the command says of the section's security, and what holds already in a section that runs.
struct SecurityFlags {
  std::optional<ng::MsrpTls> tls = {};  // msrp-tls
  bool e2ae = false;                    // msrp-e2ae
  bool offerer_tls = false;             // TLS with the offerer ends at the gateway so far
  bool offerer_e2ae = false;            // ... because it had asked for it, or was shown a=3ge2ae:applied
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

}  // namespace controller
