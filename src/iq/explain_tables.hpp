#pragma once
#include <string_view>

// What numbers and names of H.248 mean, in words: for explain.cpp and for people.
namespace iq {

/// "Unknown TerminationID" of 430 (H.248.8); empty: IANA has no such code.
std::string_view error_meaning(unsigned code) noexcept;
/// "Cold Boot" of 901.
std::string_view reason_meaning(unsigned reason) noexcept;
/// "traffic management (H.248.53)" of tman; empty: none that we know. Names in any case of letters.
std::string_view package_title(std::string_view package) noexcept;
/// Of "tman/sdr", or of a parameter, "hangterm/thb.timerx"; with the unit where there is one.
std::string_view element_title(std::string_view element) noexcept;
/// What a word of the protocol's own says to who does not know it: "Restart", "$" of a context, "Pending".
std::string_view word_meaning(std::string_view word) noexcept;

}  // namespace iq
