// The table itself: data only. IANA's registry of 2017 gives ids and versions of packages (verified); what is
// in them is mostly from memory, because the Recommendations could not be read.
#include "iq/packages.hpp"

namespace iq {
namespace {

using enum ElementKind;
using enum Sureness;
using Type = ValueType;
constexpr auto root_place = Place::termination_state;
constexpr auto control = Place::local_control;

constexpr EnumValue general_causes[] = {{"NR", 1}, {"UR", 2}, {"FT", 3}, {"FP", 4}, {"IW", 5}, {"UN", 6}};
constexpr EnumValue completion_methods[] = {{"TO", 1}, {"EV", 2}, {"SD", 3}, {"NC", 4}};
constexpr EnumValue latch_modes[] = {{"OFF", 0}, {"LATCH", 1}, {"RELATCH", 2}};
constexpr EnumValue directions[] = {{"In", 1}, {"Out", 2}, {"Both", 3}};
constexpr EnumValue bearer_changes[] = {{"Est", 1}, {"Fail", 2}, {"Rel", 3}};
constexpr EnumValue matches[] = {{"uri", 1}, {"session", 2}};
constexpr EnumValue scopes[] = {{"termination", 1}, {"context", 2}};
constexpr EnumValue bearer_events[] = {{"connected", 1}, {"tcp_failed", 2}, {"tls_failed", 3}, {"refused", 4},
                                       {"released", 5},  {"inactive", 6},   {"timed_out", 7},  {"silent", 8}};

constexpr ParameterInfo cause_parameters[] = {{"Generalcause", 1, Type::enumeration, general_causes},
                                              {"Failurecause", 2, Type::text}};
constexpr ParameterInfo completion_parameters[] = {
    {"SigID", 1, Type::text}, {"Meth", 2, Type::enumeration, completion_methods}, {"SLID", 3, Type::integer}};
constexpr ParameterInfo latch_parameters[] = {{"napt", 1, Type::enumeration, latch_modes}};
constexpr ParameterInfo heartbeat_parameters[] = {{"timerx", 1, Type::integer}};
constexpr ParameterInfo ip_stop_parameters[] = {{"dt", 1, Type::integer},
                                                {"dir", 2, Type::enumeration, directions}};
constexpr ParameterInfo inactivity_parameters[] = {{"mit", 1, Type::integer}};
constexpr ParameterInfo change_parameters[] = {{"Type", 1, Type::enumeration, bearer_changes}};
constexpr ParameterInfo congestion_parameters[] = {{"reduction", 1, Type::integer}};
constexpr ParameterInfo bearer_parameters[] = {{"ev", 1, Type::enumeration, bearer_events},
                                               {"scope", 2, Type::enumeration, scopes},
                                               {"cause", 3, Type::text},
                                               {"reason", 4, Type::text}};

constexpr Element property_of(std::string_view name, std::uint16_t id, Sureness sureness, Place place,
                              ValueType type, std::span<const EnumValue> values = {}) {
  return {property, name, id, sureness, place, type, values, {}};
}
constexpr Element event_of(std::string_view name, std::uint16_t id, Sureness sureness,
                           std::span<const ParameterInfo> parameters = {}) {
  return {event, name, id, sureness, Place::none, Type::text, {}, parameters};
}
constexpr Element signal_of(std::string_view name, std::uint16_t id, Sureness sureness,
                            std::span<const ParameterInfo> parameters = {}) {
  return {signal, name, id, sureness, Place::none, Type::text, {}, parameters};
}
constexpr Element statistic_of(std::string_view name, std::uint16_t id, Sureness sureness, ValueType type) {
  return {statistic, name, id, sureness, Place::none, type, {}, {}};
}

constexpr Element g[] = {event_of("cause", 1, verified, cause_parameters),
                         event_of("sc", 2, verified, completion_parameters)};
constexpr Element root[] = {
    property_of("maxNumberOfContexts", 1, verified, root_place, Type::real),
    property_of("maxTerminationsPerContext", 2, verified, root_place, Type::integer),
    property_of("normalMGExecutionTime", 3, verified, root_place, Type::integer),
    property_of("normalMGCExecutionTime", 4, verified, root_place, Type::integer),
    property_of("MGProvisionalResponseTimerValue", 5, verified, root_place, Type::integer),
    property_of("MGCProvisionalResponseTimerValue", 6, verified, root_place, Type::integer),
    property_of("MGCOriginatedPendingLimit", 7, from_memory, root_place, Type::integer),
    property_of("MGOriginatedPendingLimit", 8, from_memory, root_place, Type::integer)};
constexpr Element nt[] = {statistic_of("dur", 1, verified, Type::real),
                          statistic_of("os", 2, verified, Type::real),
                          statistic_of("or", 3, verified, Type::real)};
constexpr Element chp[] = {event_of("mgcon", 1, from_memory, congestion_parameters)};
constexpr Element it[] = {event_of("ito", 1, from_memory, inactivity_parameters)};
constexpr Element ocp[] = {event_of("mg_overload", 1, from_memory)};
constexpr Element ds[] = {property_of("dscp", 1, from_memory, control, Type::integer)};
constexpr Element gm[] = {property_of("saf", 1, from_memory, control, Type::boolean),
                          property_of("sam", 2, from_memory, control, Type::text),
                          property_of("spf", 3, from_memory, control, Type::boolean),
                          property_of("spr", 4, from_memory, control, Type::text),
                          property_of("esas", 5, from_memory, control, Type::boolean),
                          property_of("lsa", 6, from_memory, control, Type::text),
                          property_of("esps", 7, from_memory, control, Type::boolean),
                          property_of("lsp", 8, from_memory, control, Type::integer),
                          property_of("rsb", 9, from_memory, control, Type::boolean)};
constexpr Element tman[] = {property_of("pol", 1, from_memory, control, Type::boolean),
                            property_of("pdr", 2, from_memory, control, Type::integer),
                            property_of("sdr", 3, from_memory, control, Type::integer),
                            property_of("mbs", 4, from_memory, control, Type::integer),
                            property_of("dvt", 5, from_memory, control, Type::integer)};
constexpr Element hangterm[] = {event_of("thb", 1, from_memory, heartbeat_parameters)};
constexpr Element ipnapt[] = {signal_of("latch", 1, from_memory, latch_parameters)};
constexpr Element adid[] = {event_of("ipstop", 1, from_memory, ip_stop_parameters)};
constexpr Element ipdc[] = {property_of("realm", 1, from_memory, control, Type::text)};
constexpr Element ipra[] = {property_of("ar", 1, from_memory, root_place, Type::text),
                            event_of("arc", 1, from_memory)};
// tcpbcc and tlsbsc are modelled on Q.1950's bearer packages: names to be checked against H.248.89 and .90.
constexpr Element bearer_control[] = {event_of("BNCChange", 1, from_memory, change_parameters),
                                      signal_of("EstBNC", 1, from_memory),
                                      signal_of("RelBNC", 2, from_memory)};
constexpr Element seplink[] = {property_of("link", 1, from_memory, control, Type::text)};
constexpr Element mgbalg[] = {property_of("alg", 1, from_memory, control, Type::boolean)};

constexpr Element xpostern[] = {
    property_of("match", 1, own, control, Type::enumeration, matches),
    property_of("local", 2, own, control, Type::text),
    event_of("bearer", 1, own, bearer_parameters),
    statistic_of("st", 1, own, Type::text),      // state
    statistic_of("realm", 2, own, Type::text),   //
    statistic_of("tp", 3, own, Type::text),      // transport
    statistic_of("setup", 4, own, Type::text),   //
    statistic_of("local", 5, own, Type::text),   //
    statistic_of("peer", 6, own, Type::text),    //
    statistic_of("tlsv", 7, own, Type::text),    // tls_version
    statistic_of("tlsc", 8, own, Type::text),    // tls_cipher
    statistic_of("fp", 9, own, Type::text),      // peer_fingerprint
    statistic_of("cause", 10, own, Type::text),  //
    statistic_of("mi", 11, own, Type::text),     // messages_in
    statistic_of("mo", 12, own, Type::text),     // messages_out
    statistic_of("rc", 13, own, Type::integer),  // refused_connections
    statistic_of("pi", 14, own, Type::integer),  // payload_in
    statistic_of("po", 15, own, Type::integer),  // payload_out
    statistic_of("ci", 16, own, Type::integer),  // completed_in
    statistic_of("co", 17, own, Type::integer),  // completed_out
    statistic_of("ai", 18, own, Type::integer),  // aborted_in
    statistic_of("ao", 19, own, Type::integer),  // aborted_out
    statistic_of("un", 20, own, Type::integer),  // unmatched
    statistic_of("tl", 21, own, Type::integer),  // too_large
    statistic_of("rt", 22, own, Type::integer),  // refused_types
    statistic_of("rp", 23, own, Type::integer),  // rate_pauses
};

constexpr Package packages[] = {
    {"g", 0x0001, 2, "H.248.1", verified, true, g},
    {"root", 0x0002, 2, "H.248.1", verified, true, root},
    {"nt", 0x000b, 1, "H.248.1", verified, true, nt},
    {"chp", 0x0029, 1, "H.248.10", verified, true, chp},
    {"it", 0x0045, 1, "H.248.14", verified, true, it},
    {"ocp", 0x0051, 1, "H.248.11", verified, true, ocp},
    {"ds", 0x008b, 2, "H.248.52", verified, true, ds},
    {"gm", 0x008c, 2, "H.248.43", verified, true, gm},
    {"tman", 0x008d, 2, "H.248.53", verified, true, tman},
    {"hangterm", 0x0098, 1, "H.248.36", verified, true, hangterm},
    {"ipnapt", 0x0099, 1, "H.248.37", verified, true, ipnapt},
    {"adid", 0x009c, 1, "H.248.40", verified, true, adid},
    {"ipdc", 0x009d, 2, "H.248.41", verified, true, ipdc},
    {"ipra", 0x00e0, 1, "H.248.41", verified, true, ipra},
    {"tcpbcc", 0x0115, 1, "H.248.89", verified, true, bearer_control},
    {"tlsbsc", 0x0117, 1, "H.248.90", verified, true, bearer_control},
    {"seplink", 0x011b, 1, "H.248.92", verified, true, seplink},
    {"mgbalg", 0x011d, 1, "H.248.78", verified, true, mgbalg},
    {name::own_package, 0x8001, 1, "Postern", own, true, xpostern},
};

}  // namespace

std::span<const Package> all_packages() {
  return packages;
}

}  // namespace iq
