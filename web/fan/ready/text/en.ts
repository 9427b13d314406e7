import type { SameShape } from '../../../shared/texts.ts';
import type pt from './pt.ts';

const en: SameShape<typeof pt> = {
  checks: 'Checked with the server',
  checkSignIn: 'You are signed in on this browser',
  checkSale: 'The line takes you',
  checkAccess: 'You may join this line',
  checkCode: 'Your access is kept for you: {lane}',
  checkBypass: 'You go past the line',
  checkDoor: 'No limit stands in your way',
  isReady: 'All is set. Nothing more is asked of you when you join.',
  isReadyProof: 'All is set. This browser will solve a short puzzle by itself when you join.',
  notReady: 'One thing is still missing: it says below how to fix it.',
  notChecked: 'The server could not check it now. You lose nothing by that; try again.',
  again: 'Check again',
  codeTitle: 'Access code',
  codeText: 'Did you get a code, for a presale or a fan club? Enter it now: it is then kept for you alone.',
  codeLabel: 'Your access code',
  codeHint: 'Capitals, spaces and dashes do not matter. No code? Leave this empty.',
  codeSend: 'Check my code',
  codeSending: 'Checking…',
  codeGood: 'Your code is good and kept for you: {lane}. You need not enter it again.',
  codeGoodBypass: 'Your code is good and kept for you: you are let in past the line.',
  laneTitle: 'Which lane do you want to stand in?',
  laneText: 'Each lane has its own order and gets its share of the places.',
  fixCodeRequired: 'This line is for those who have a code or an invitation. Enter your code.',
  fixCodeInvalid: 'This code is not of this event. Check every letter and number.',
  fixCodeRevoked: 'The organiser has withdrawn this code. Ask whoever gave it to you for another.',
  fixCodeUsed: 'Somebody else has used this code already. Ask whoever gave it to you for another.',
  fixCodeEarly: 'This code is not good yet. Come back later, with the same code.',
  fixCodeEarlyAt: 'This code is good from {when} on. Come back then, with the same code.',
  fixCodeExpired: 'The time of this code is over. Ask whoever gave it to you for another.',
  fixCodeAttempts: 'Too many wrong codes came from here. Wait some minutes, then read the code again.',
  fixCodeAttemptsFor: 'Too many wrong codes came from here. Wait {span}, then read the code again.',
  fixLane: 'This lane is not there any more. Load the page again and choose another.',
  fixClosed: 'The sale has ended: nobody can join any more.',
  fixNetwork:
    'Very many people join from your network. Try mobile data or another network, or come back in some minutes.',
  fixOther: 'The server cannot take you now. Check again in a minute.',
};

export default en;
