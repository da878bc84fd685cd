#include "proto/h248/token.hpp"

#include <algorithm>
#include <array>

#include "base/expect.hpp"
#include "base/text.hpp"

namespace h248 {
namespace {

struct Entry {
  Token token;
  std::string_view longer;
  std::string_view shorter;
};

constexpr std::array table = std::to_array<Entry>({
    {Token::none, "", ""},
    {Token::add, "Add", "A"},
    {Token::audit, "Audit", "AT"},
    {Token::audit_capability, "AuditCapability", "AC"},
    {Token::audit_value, "AuditValue", "AV"},
    {Token::authentication, "Authentication", "AU"},
    {Token::bothway, "Bothway", "BW"},
    {Token::brief, "Brief", "BR"},
    {Token::buffer, "Buffer", "BF"},
    {Token::context, "Context", "C"},
    {Token::context_attr, "ContextAttr", "CT"},
    {Token::context_audit, "ContextAudit", "CA"},
    {Token::delay, "Delay", "DL"},
    {Token::digit_map, "DigitMap", "DM"},
    {Token::disconnected, "Disconnected", "DC"},
    {Token::duration, "Duration", "DR"},
    {Token::embed, "Embed", "EM"},
    {Token::emergency, "Emergency", "EG"},
    {Token::emergency_off, "EmergencyOff", "EGO"},
    {Token::error, "Error", "ER"},
    {Token::event_buffer, "EventBuffer", "EB"},
    {Token::events, "Events", "E"},
    {Token::failover, "Failover", "FL"},
    {Token::forced, "Forced", "FO"},
    {Token::graceful, "Graceful", "GR"},
    {Token::h221, "H221", "H221"},
    {Token::h223, "H223", "H223"},
    {Token::h226, "H226", "H226"},
    {Token::hand_off, "HandOff", "HO"},
    {Token::ieps_call, "IEPSCall", "IEPS"},
    {Token::immediate_notify, "ImmediateNotify", "NBIN"},
    {Token::imm_ack_required, "ImmAckRequired", "IA"},
    {Token::inactive, "Inactive", "IN"},
    {Token::in_service, "InService", "IV"},
    {Token::int_by_event, "IntByEvent", "IBE"},
    {Token::int_by_sig_descr, "IntBySigDescr", "IBS"},
    {Token::isolate, "Isolate", "IS"},
    {Token::iteration, "Iteration", "IR"},
    {Token::keep_active, "KeepActive", "KA"},
    {Token::local, "Local", "L"},
    {Token::local_control, "LocalControl", "O"},
    {Token::lock_step, "LockStep", "SP"},
    {Token::loopback, "Loopback", "LB"},
    {Token::media, "Media", "M"},
    {Token::megaco, "MEGACO", "!"},
    {Token::method, "Method", "MT"},
    {Token::mgc_id_to_try, "MgcIdToTry", "MG"},
    {Token::mode, "Mode", "MO"},
    {Token::modem, "Modem", "MD"},
    {Token::modify, "Modify", "MF"},
    {Token::move, "Move", "MV"},
    {Token::mtp, "MTP", "MTP"},
    {Token::mux, "Mux", "MX"},
    {Token::notify, "Notify", "N"},
    {Token::notify_completion, "NotifyCompletion", "NC"},
    {Token::nx64k_service, "Nx64Kservice", "N64"},
    {Token::observed_events, "ObservedEvents", "OE"},
    {Token::off, "OFF", "OFF"},
    {Token::on, "ON", "ON"},
    {Token::oneway, "Oneway", "OW"},
    {Token::on_off, "OnOff", "OO"},
    {Token::other_reason, "OtherReason", "OR"},
    {Token::out_of_service, "OutOfService", "OS"},
    {Token::packages, "Packages", "PG"},
    {Token::pending, "Pending", "PN"},
    {Token::priority, "Priority", "PR"},
    {Token::profile, "Profile", "PF"},
    {Token::reason, "Reason", "RE"},
    {Token::receive_only, "ReceiveOnly", "RC"},
    {Token::remote, "Remote", "R"},
    {Token::reply, "Reply", "P"},
    {Token::reserved_group, "ReservedGroup", "RG"},
    {Token::reserved_value, "ReservedValue", "RV"},
    {Token::restart, "Restart", "RS"},
    {Token::root, "ROOT", "ROOT"},
    {Token::send_only, "SendOnly", "SO"},
    {Token::send_receive, "SendReceive", "SR"},
    {Token::service_change, "ServiceChange", "SC"},
    {Token::service_change_address, "ServiceChangeAddress", "AD"},
    {Token::service_change_inc, "ServiceChangeInc", "SIC"},
    {Token::services, "Services", "SV"},
    {Token::service_states, "ServiceStates", "SI"},
    {Token::signal_list, "SignalList", "SL"},
    {Token::signals, "Signals", "SG"},
    {Token::signal_type, "SignalType", "SY"},
    {Token::statistics, "Statistics", "SA"},
    {Token::stream, "Stream", "ST"},
    {Token::subtract, "Subtract", "S"},
    {Token::synch_isdn, "SynchISDN", "SN"},
    {Token::termination_state, "TerminationState", "TS"},
    {Token::test, "Test", "TE"},
    {Token::time_out, "TimeOut", "TO"},
    {Token::topology, "Topology", "TP"},
    {Token::transaction, "Transaction", "T"},
    {Token::transaction_response_ack, "TransactionResponseAck", "K"},
    {Token::v18, "V18", "V18"},
    {Token::v22, "V22", "V22"},
    {Token::v22b, "V22b", "V22b"},
    {Token::v32, "V32", "V32"},
    {Token::v32b, "V32b", "V32b"},
    {Token::v34, "V34", "V34"},
    {Token::v76, "V76", "V76"},
    {Token::v90, "V90", "V90"},
    {Token::v91, "V91", "V91"},
    {Token::version, "Version", "V"},
});

constexpr std::size_t longest_name = [] {
  std::size_t out = 0;
  for (const auto& entry : table) out = std::max(out, entry.longer.size());
  return out;
}();

/// The same for both cases of a letter: only the bits that they share (FNV-1a).
constexpr std::size_t hash_of(std::string_view name) {
  std::uint32_t hash = 2'166'136'261u;
  for (const char c : name) hash = (hash ^ (static_cast<unsigned char>(c) | 0x20u)) * 16'777'619u;
  return hash ^ (hash >> 15);
}

struct Name {
  std::string_view text{};
  Token token = Token::none;
};

/// Both names of each token where their hash says, or in the next free place. Mostly free: searches are
/// short.
constexpr auto hashed_names() {
  std::array<Name, 1024> out{};
  const auto put = [&](std::string_view text, Token token) {
    auto at = hash_of(text) % out.size();
    while (!out[at].text.empty()) at = (at + 1) % out.size();
    out[at] = {text, token};
  };
  for (const auto& entry : table) {
    if (entry.longer.empty()) continue;
    put(entry.longer, entry.token);
    if (entry.shorter != entry.longer) put(entry.shorter, entry.token);
  }
  return out;
}
constexpr auto names = hashed_names();

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].token) != i) return false;
  }
  return true;
}
static_assert(in_order(), "the table stands in the order of the enumeration");

}  // namespace

std::string_view name_of(Token token, Form form) noexcept {
  const auto& entry = table[static_cast<std::size_t>(token)];
  return form == Form::pretty ? entry.longer : entry.shorter;
}

Token find_token(std::string_view name) noexcept {
  if (name.empty() || name.size() > longest_name) return Token::none;
  for (auto at = hash_of(name) % names.size(); !names[at].text.empty(); at = (at + 1) % names.size()) {
    if (base::iequals(names[at].text, name)) return names[at].token;
  }
  return Token::none;
}

}  // namespace h248
