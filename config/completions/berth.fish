# Completion of berth(1) for fish: what can be typed is berth's own to say, by berth __complete.
# For the names of jobs and volumes an engine that runs is asked; none is started.

function __berth_complete
    set --local words (commandline --tokenize --current-process --cut-at-cursor)
    set --local word (commandline --current-token --cut-at-cursor)
    set --erase words[1]
    set --local answer (command berth __complete $words "$word" 2>/dev/null)
    string match --quiet ':*' -- $answer[-1]; or return
    set --local last (string split ' ' -- (string sub --start 2 -- $answer[-1]))
    set --erase answer[-1]
    string join \n -- $answer

    # What fish knows itself: it gets the part of the word that is meant.
    set --local prefix (string sub --length $last[2] -- "$word")
    set --local part (string sub --start (math $last[2] + 1) -- "$word")
    set --local found
    switch $last[1]
        case dirs
            set found (__fish_complete_directories "$part" '')
        case files
            # Of a command that nothing is known of.
            set found (complete "--do-complete=__berth_none $part")
        case commands
            string match --quiet -- '-*' "$part"
            or set found (complete "--do-complete=$part")
        case users
            set found (__fish_complete_users)
        case principals
            if string match --quiet '@*' -- "$word"
                set prefix @
                set found (__fish_complete_groups)
            else
                set found (__fish_complete_users)
            end
    end
    for line in $found
        echo "$prefix$line"
    end
end

complete --command berth --no-files --arguments '(__berth_complete)'
