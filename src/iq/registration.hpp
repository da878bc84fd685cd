#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/result.hpp"
#include "proto/h248/message.hpp"

// What both ends of Iq need of registration: names of ends, profiles, and ServiceChange on ROOT made and read
// (H.248.1 7.2.8, 11). Values only.
namespace iq {

/// Text encoding's port (H.248.1 annex D).
inline constexpr std::uint16_t text_port = 2944;

/// "[192.0.2.1]:2944", "<gw1.example.org>", "gw1" (a device) or "MTP{...}", as in a message.
std::optional<h248::MessageId> parse_message_id(std::string_view text);
std::string to_string(const h248::MessageId& id);
h248::MessageId message_id_of(const base::Address& address);
/// Whether both name one end: without regard to case, addresses by value, an absent port as 2944.
bool same_end(const h248::MessageId& a, const h248::MessageId& b);
/// Where that end is, port 2944 unless it says another; none of names.
std::optional<base::Address> address_of(const h248::MessageId& id);

/// "IqProfile/1": NAME of at most 64 characters "/" one or two digits.
std::optional<h248::Profile> parse_profile(std::string_view text);
std::string to_string(const h248::Profile& profile);
/// Without regard to case.
bool same_profile(const h248::Profile& a, const h248::Profile& b);

/// UTC, with hundredths of a second.
h248::TimeStamp time_stamp(std::chrono::system_clock::time_point wall);

/// serviceChangeReason with IANA's text: 901 -> "901 Cold Boot". The number alone where there is no text.
h248::Value change_reason(unsigned code);
/// The number that a reason begins with.
std::optional<unsigned> code_of(const h248::Value& reason);

/// ServiceChange = ROOT in the null context.
h248::ActionRequest root_change(h248::ServiceChangeDescriptor change);
/// The reply to one.
h248::ActionReply root_change_reply(h248::ServiceChangeDescriptor change);
/// The ServiceChange on ROOT of an action; null: there is none.
const h248::ServiceChangeDescriptor* root_change_of(const h248::ActionRequest& action);
/// What was replied to root_change(): the descriptor (empty where there is none), or the error of whatever
/// level. 500 where the reply has no ServiceChange at all.
base::Result<h248::ServiceChangeDescriptor, h248::ErrorDescriptor> change_result(
    const h248::TransactionReply& reply);
/// The first error in a reply, at any level.
std::optional<h248::ErrorDescriptor> error_of(const h248::TransactionReply& reply);
/// "406 Version Not Supported", for logs: printable, short.
std::string to_string(const h248::ErrorDescriptor& error);

}  // namespace iq
