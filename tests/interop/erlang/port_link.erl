%% The way to the Python test that started this program: a TCP connection with frames of four octets of length. Its end is
%% this program's end, so nothing is left running whatever happens to the test.
-module(port_link).
-export([open/1, send/2, serve/2]).

open([Port]) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, list_to_integer(atom_to_list(Port)),
                                   [binary, {packet, 4}, {active, false}, {nodelay, true}]),
    Socket.

send(Socket, Data) ->
    ok = gen_tcp:send(Socket, Data).

%% Every frame is a line of words and then octets: Handle(Words, Octets), words as strings.
serve(Socket, Handle) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Frame} ->
            [Line, Octets] = binary:split(Frame, <<"\n">>),
            Handle(string:lexemes(binary_to_list(Line), " "), Octets),
            serve(Socket, Handle);
        {error, closed} ->
            erlang:halt(0)
    end.
