#pragma once
#include <cstdint>
#include <string_view>

namespace h248 {

/// Every token of the version 2 text encoding (H.248.1 annex B.2), and those of version 3 that are
/// understood. Which of them may stand where is the grammar's business; none is what no token has as its
/// name.
enum class Token : std::uint8_t {
  none,
  add,
  audit,
  audit_capability,
  audit_value,
  authentication,
  bothway,
  brief,
  buffer,
  context,
  context_attr,  // version 3
  context_audit,
  delay,
  digit_map,
  disconnected,
  duration,
  embed,
  emergency,
  emergency_off,  // version 3
  error,
  event_buffer,
  events,
  failover,
  forced,
  graceful,
  h221,
  h223,
  h226,
  hand_off,
  ieps_call,         // version 3
  immediate_notify,  // version 3
  imm_ack_required,
  inactive,
  in_service,
  int_by_event,
  int_by_sig_descr,
  isolate,
  iteration,  // version 3
  keep_active,
  local,
  local_control,
  lock_step,
  loopback,
  media,
  megaco,
  method,
  mgc_id_to_try,
  mode,
  modem,
  modify,
  move,
  mtp,
  mux,
  notify,
  notify_completion,
  nx64k_service,
  observed_events,
  off,
  on,
  oneway,
  on_off,
  other_reason,
  out_of_service,
  packages,
  pending,
  priority,
  profile,
  reason,
  receive_only,
  remote,
  reply,
  reserved_group,
  reserved_value,
  restart,
  root,
  send_only,
  send_receive,
  service_change,
  service_change_address,
  service_change_inc,  // version 3
  services,
  service_states,
  signal_list,
  signals,
  signal_type,
  statistics,
  stream,
  subtract,
  synch_isdn,
  termination_state,
  test,
  time_out,
  topology,
  transaction,
  transaction_response_ack,
  v18,
  v22,
  v22b,
  v32,
  v32b,
  v34,
  v76,
  v90,
  v91,
  version,
};

/// Pretty text writes the long tokens on indented lines, compact text the short ones without white space.
enum class Form : std::uint8_t { pretty, compact };

/// As it is written. A token without a short form is the same in both; Token::none is empty.
std::string_view name_of(Token token, Form form = Form::pretty) noexcept;

/// The token with that long or short name, in any case of letters; none where there is no such token.
Token find_token(std::string_view name) noexcept;

}  // namespace h248
