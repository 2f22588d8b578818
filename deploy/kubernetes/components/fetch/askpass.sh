#!/bin/sh
# Gives git the token out of a file, so that it stands in no URL, argument or log.
case $1 in
  Username*) echo "${GIT_USER:-oauth2}" ;;
  *) cat /etc/olmirror/git/token ;;
esac
