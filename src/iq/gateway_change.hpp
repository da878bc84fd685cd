#pragma once
#include <cstddef>
#include <optional>

#include "iq/gateway_commands_impl.hpp"

// What Add and Modify have in common, for gateway_*.cpp.
namespace iq {

/// The descriptors of an Add or Modify, understood.
struct AmmGiven {
  MediaGiven media;
  std::optional<RequestedEvents> events;
  SignalsGiven signals;
};
base::Result<AmmGiven, CommandError> read_amm(const h248::Descriptors& descriptors, const Packages& packages);

/// Takes over what Signals and Events say of the media.
void take_signals(const AmmGiven& given, TerminationMedia& media);
/// Whether the signals can be played on such a termination. 441, 473.
Checked check_signals(const SignalsGiven& signals, const TerminationMedia& media);

bool wants_statistics(const h248::AuditDescriptor& audit);
/// What the audit asks of a termination; `status`: none where the gateway does not know it any more.
/// 440, 450, 532.
base::Result<h248::Descriptors, CommandError> audited_termination(const Termination& termination,
                                                                  const h248::AuditDescriptor& audit,
                                                                  const TerminationStatus* status,
                                                                  const GatewayCommands::Options& options,
                                                                  base::Time now);
const TerminationStatus* find_status(const std::vector<TerminationStatus>& all, TerminationId termination);

/// What is audited beside what is replied anyway.
void merge(h248::Descriptors& into, h248::Descriptors audited);

struct GatewayCommands::Impl::Addition {
  h248::CommandRequest command;
  Termination termination;
  Request request;
  bool establishes = false;
};

/// Of one termination, by one Modify.
struct GatewayCommands::Impl::Change {
  std::size_t command;
  std::size_t termination;
  TerminationMedia media;
  TerminationConfig config;
  std::optional<RequestedEvents> events;
  bool gives_local = false;
  bool restarts = false;
  std::vector<Procedure> procedures;
  std::optional<std::size_t> last_procedure{};  // of those, in the request; none: there are none
};

}  // namespace iq
